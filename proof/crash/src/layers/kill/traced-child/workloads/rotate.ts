import { mixedRecords, plannedRecords } from "../planned-records.js";
import { NOTHING_PREPARED, type Workload } from "../workload.js";
import { makeStore } from "./existing-store.js";

const EXISTING_COUNT = 3;
/** Small, so that rotation by size happens between those that are asked for. */
const SEGMENT_BYTES_MAX = 4_000;

export const rotate: Workload = {
  name: "rotate",
  plan: mixedRecords,
  prepare(place, seed) {
    makeStore(place, plannedRecords(mixedRecords, seed, EXISTING_COUNT));
    return { ...NOTHING_PREPARED, existingCount: EXISTING_COUNT };
  },
  perform: (performer) =>
    performer.withLog(SEGMENT_BYTES_MAX, async (log) => {
      for (let round = 0; round < 6; round++) {
        performer.append(log);
        performer.append(log);
        if (round % 2 === 0) await performer.fsync(log);
        await performer.rotate(log);
      }
    }),
};
