import { keyedRecords, plannedRecords } from "../planned-records.js";
import { NOTHING_PREPARED, type Workload } from "../workload.js";
import { makeStore } from "./existing-store.js";

/** The plan's next record is then a Put again: every tenth is a Delete. */
const EXISTING_COUNT = 10;
/** A batch of nine is written in two or three pieces. */
const SEGMENT_BYTES_MAX = 6_000;

/** Batches that rotate within, each followed by a Delete. */
export const putMany: Workload = {
  name: "put-many",
  plan: keyedRecords,
  prepare(place, seed) {
    makeStore(place, plannedRecords(keyedRecords, seed, EXISTING_COUNT));
    return { ...NOTHING_PREPARED, existingCount: EXISTING_COUNT };
  },
  perform: (performer) =>
    performer.withStore(SEGMENT_BYTES_MAX, async (store) => {
      for (let round = 0; round < 4; round++) {
        performer.putMany(store, 9);
        performer.putOrDelete(store);
        if (round % 2 === 0) await performer.fsync(store);
      }
    }),
};
