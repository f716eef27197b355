import { mixedRecords } from "../planned-records.js";
import { NOTHING_PREPARED, type Workload } from "../workload.js";

/** A new store; each sync covers one to three appends. */
export const appendFsync: Workload = {
  name: "append-fsync",
  plan: mixedRecords,
  prepare: () => NOTHING_PREPARED,
  perform: (performer) =>
    performer.withLog(Number.POSITIVE_INFINITY, async (log) => {
      for (let round = 0; round < 14; round++) {
        for (let count = 0; count <= round % 3; count++) performer.append(log);
        await performer.fsync(log);
      }
    }),
};
