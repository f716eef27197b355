import { keyedRecords, plannedRecords } from "../planned-records.js";
import { NOTHING_PREPARED, type Workload } from "../workload.js";
import { makeStore } from "./existing-store.js";

const EXISTING_COUNT = 40;

/** One large segment is compacted, and then the small ones that came of it and of what was put meanwhile. */
export const compactInPlace: Workload = {
  name: "compact-in-place",
  plan: keyedRecords,
  isCompacted: true,
  prepare(place, seed) {
    makeStore(place, plannedRecords(keyedRecords, seed, EXISTING_COUNT));
    return { ...NOTHING_PREPARED, existingCount: EXISTING_COUNT };
  },
  perform: (performer) =>
    performer.withStore(4000, async (store) => {
      performer.putOrDelete(store);
      await performer.compact(store);
      await performer.fsync(store);
      performer.putOrDelete(store);
      await performer.compact(store);
    }),
};
