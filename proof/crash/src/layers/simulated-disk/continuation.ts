import type { SimulatedDisk } from "@datawal/safeatomic/testing";
import type { History } from "./history.js";
import { type OnMoment, World } from "./world.js";

/**
 * The next boot: recovery, two appends, a sync, a rotation, another append and sync, and the end. The worst bugs, such as
 * a torn tail that is not repaired or a cut that is not synced, show only when the power fails in here.
 */
export function continueAfterCrash(disk: SimulatedDisk, history: History, onMoment: OnMoment): void {
  const world = new World(disk, onMoment);
  world.histories = [history];
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

function append(world: World, payloadLen: number): void {
  const { key, payload } = world.record(0, "", payloadLen);
  // Unlike every record of the scenario: what it discarded must not be taken for what is appended now.
  payload[0] = 0;
  world.history.append({ type: 0, txid: world.history.nextTxid, key, payload });
  world.log!.append(payload);
}
