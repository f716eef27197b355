import type { SimulatedDisk } from "@datawal/safeatomic/testing";
import { type RecordLog, RecordType } from "datawal";
import { compactNow } from "./compaction.js";
import type { History } from "./history.js";
import { type OnMoment, World, type WorldOptions } from "./world.js";

/**
 * The next boot: recovery, two appends, a sync, a rotation, another append and sync, and the end. The worst bugs, such as
 * a torn tail that is not repaired or a cut that is not synced, show only when the power fails in here.
 */
export function continueAfterCrash(
  disk: SimulatedDisk,
  history: History,
  onMoment: OnMoment,
  options: WorldOptions = {},
): void {
  const world = new World(disk, onMoment, options);
  world.histories = [history];
  if (options.hasPairs) {
    continuePairs(world);
    return;
  }
  const before = [...history.appended];
  const log = world.openSync();
  world.moment();
  // As long as the first record that is gone: what lay behind that one then lies behind this one.
  append(world, before[history.appended.length]?.payload.length ?? 60);
  append(world, 700);
  log.fsyncSync();
  history.acknowledge();
  world.moment();
  log.rotateSync();
  append(world, 5);
  log.fsyncSync();
  history.acknowledge();
  log.closeSync();
  world.moment();
}

/** Of a store of pairs: with a compaction in place. */
function continuePairs(world: World): void {
  // Unlike what the first boot may have lost.
  for (let serial = 0; serial < SERIALS_OF_FIRST_BOOT; serial++) world.record(0, "", 0);
  const log = world.openSync();
  world.moment();
  world.append(RecordType.Put, "a", 40);
  log.fsyncSync();
  world.history.acknowledge();
  world.append(RecordType.Delete, "b", 0);
  compactNow(world, "put-c", "delete-a");
  world.append(RecordType.Put, "b", 40);
  log.fsyncSync();
  world.history.acknowledge();
  log.closeSync();
  world.moment();
}

const SERIALS_OF_FIRST_BOOT = 100;

function append(world: World, payloadLen: number): void {
  const { key, payload } = world.record(0, "", payloadLen);
  // Unlike every record of the scenario: what it discarded must not be taken for what is appended now.
  payload[0] = 0;
  world.history.append({ type: 0, txid: world.history.nextTxid, key, payload });
  (world.log as RecordLog).append(payload);
}
