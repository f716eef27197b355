import { isRecordLogError, RecordLog } from "@datawal/record-log";
import type { FileSystem } from "@datawal/safeatomic";
import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import type { FuzzTarget } from "../engine/target.js";
import { FRAME_SEEDS, mutateFrames } from "./frames.js";

/** What an open of a log told: bytes cut off its end, and records. */
export interface ScannedLog {
  discarded: number;
  records: number;
}

/** Bytes as the only segment of a log: it opens or refuses with a code; it discards no more than there is; once only. */
export function scanLog(open: (fileSystem: FileSystem) => ScannedLog = openRecordLog): FuzzTarget {
  return {
    name: "scan_log",
    seeds: Object.values(FRAME_SEEDS),
    bytesMax: 2_048,
    mutate: mutateFrames,
    run: (input) => {
      const fileSystem = createSimulatedDisk();
      fileSystem.makeDirectory("/log");
      const file = fileSystem.open("/log/00000001.dwal", "create");
      file.append(input, 0, input.length);
      file.close();
      try {
        const first = open(fileSystem);
        if (first.discarded > input.length) throw new Error("more bytes were discarded than there are");
        const again = open(fileSystem);
        if (again.discarded !== 0 || again.records !== first.records)
          throw new Error("a second open found another log");
        return first.discarded > 0 ? "torn" : "clean";
      } catch (error) {
        if (!isRecordLogError(error)) throw error;
        return error.code;
      }
    },
  };
}

function openRecordLog(fileSystem: FileSystem): ScannedLog {
  const log = RecordLog.openSync("/log", { fileSystem });
  const { tailBytesDiscarded: discarded, recordsReplayed: records } = log.recoveryReport();
  log.closeSync();
  return { discarded, records };
}
