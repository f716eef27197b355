import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { encodeRecord, RecordType } from "@datawal/format";
import { DataWalReader, replaceStore, salvageTo, segmentName, snapshotTo } from "datawal";
import { Ledger } from "../ledger.js";
import type { Place } from "../place.js";
import type { Workload } from "../workload.js";
import { openStore, prepareStore } from "./stores.js";

export const compactTo: Workload = {
  name: "compact-to",
  prepare: prepareStore,
  async perform(place, ledger) {
    await using db = await openStore(place);
    await ledger.publish(place.target, () => db.compactTo(place.target));
  },
};

export const exportJsonl: Workload = {
  name: "export-jsonl",
  prepare: prepareStore,
  async perform(place, ledger) {
    await using db = await openStore(place);
    await ledger.publish(place.target, () => db.exportJsonl(place.target));
  },
};

export const snapshot: Workload = {
  name: "snapshot-to",
  prepare: prepareStore,
  async perform({ store, target, fileSystem }, ledger) {
    await ledger.publish(target, () => snapshotTo(store, target, { fileSystem }));
  },
};

/** A record cut short, behind the last one. */
const TAIL = encodeRecord({
  type: RecordType.Put,
  txid: 31n,
  key: Buffer.from("cut short"),
  payload: new Uint8Array(3000).fill(0x77),
}).subarray(0, -5);

async function prepareTornStore(place: Place, ledger: Ledger): Promise<void> {
  await prepareStore(place, ledger);
  appendFileSync(join(place.store, segmentName(newestSegment(place))), TAIL);
}

function newestSegment({ store }: Place): number {
  using reader = DataWalReader.openSync(store);
  return [...reader.scan()].at(-1)!.segment;
}

export const salvage: Workload = {
  name: "salvage-to",
  prepare: prepareTornStore,
  async perform({ store, target, fileSystem }, ledger) {
    await ledger.publish(target, () => salvageTo(store, target, { fileSystem }));
  },
  tail: TAIL,
};

/** The open itself is what is cut in two. */
export const repairAtOpen: Workload = {
  name: "repair-at-open",
  prepare: prepareTornStore,
  async perform(place, ledger) {
    await using db = await openStore(place);
    await ledger.acknowledge();
    const { key, payload } = ledger.put(3000);
    db.put(key, payload);
    await db.fsync();
    await ledger.acknowledge();
  },
  tail: TAIL,
};

/** Its compacted copy comes in the place of a store. */
export const swap: Workload = {
  name: "replace-store",
  async prepare(place, ledger) {
    await prepareStore(place, ledger);
    await using db = await openStore(place);
    await db.compactTo(place.target);
  },
  async perform({ store, target, fileSystem }, ledger) {
    const successor = new Ledger(0);
    using reader = DataWalReader.openSync(target);
    successor.adopt(reader.scan());
    await ledger.replace(successor, () => replaceStore(store, target, { fileSystem }));
  },
};
