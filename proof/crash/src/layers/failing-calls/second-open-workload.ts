import { isRecordLogError, RecordLog } from "@datawal/record-log";
import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { BrokenDemand } from "../broken-demand.js";
import { STORE } from "./judge-log.js";
import type { Workload } from "./workload.js";

/** A store that is opened while another writer has it, whatever fails meanwhile: one writer it is. */
export const secondOpenWorkload: Workload = {
  name: "second-open",
  takesSignal: false,
  prepare: createSimulatedDisk,
  start: (port, disk) => {
    const first = RecordLog.openSync(STORE, { fileSystem: disk });
    let second: RecordLog | undefined;
    return {
      operate: () => {
        try {
          second = RecordLog.openSync(STORE, { fileSystem: port });
        } catch (error) {
          if (!isRecordLogError(error, "ERR_DATAWAL_LOCKED")) throw error;
        }
      },
      close: () => {
        second?.closeSync();
        first.closeSync();
      },
      judge: () => {
        if (second)
          throw new BrokenDemand("one writer", "a second open succeeded while the first had the store");
      },
    };
  },
};
