import type { FileSystem } from "@datawal/safeatomic";
import { createSimulatedDisk, type SimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import {
  isRecordLogError,
  RecordLog,
  type RecoveryWarning,
  snapshotToSync,
  verifyLogSync,
} from "../src/index.js";
import { openLog, openReader } from "./kit/open-log.js";
import { thrownBy } from "./kit/read-back.js";
import { allFilesOf, removeFile, STORE, writeFiles } from "./kit/store-files.js";

const NEWEST = "00000002.dwal";
const LEN = 30;

/** Two segments of two records each, closed: all of it was synced. */
function closedLog(): SimulatedDisk {
  const disk = createSimulatedDisk();
  const log = openLog(disk);
  log.appendMany(["a1", "a2"]);
  log.rotateSync();
  log.appendMany(["b1", "b2"]);
  log.closeSync();
  return disk;
}

const cutNewest = (disk: SimulatedDisk, size: number) => {
  const file = disk.open(`${STORE}/${NEWEST}`, "append");
  file.truncate(size);
  return file;
};

const missing = { kind: "synced-data-missing", segment: 2, syncedBytes: 60 };
const damaged = (offset: number) => ({
  kind: "synced-data-damaged",
  segment: 2,
  offset,
  syncedBytes: 60,
});

/** What was done to the newest segment, and what a reader says to it. */
const LOSSES: Readonly<Record<string, { does: (disk: SimulatedDisk) => void; warning: object }>> = {
  deleted: { does: (disk) => removeFile(disk, NEWEST), warning: missing },
  emptied: { does: (disk) => cutNewest(disk, 0).close(), warning: missing },
  "cut behind its first record": { does: (disk) => cutNewest(disk, LEN).close(), warning: missing },
  zeroed: {
    does: (disk) => {
      const file = cutNewest(disk, 0);
      file.append(new Uint8Array(60), 0, 60);
      file.close();
    },
    warning: damaged(0),
  },
  "cut in the middle of a record": { does: (disk) => cutNewest(disk, 50).close(), warning: damaged(LEN) },
};

// verifyLog, verify and check said intact, and a reader nothing, where the newest segment had been deleted.
describe.each(Object.entries(LOSSES))(
  "a newest segment that was %s after a clean close",
  (_how, { does, warning }) => {
    test("is told alike by a reader, verifyLog and an open, and refused by a strict one; nothing is changed", () => {
      const disk = closedLog();
      does(disk);
      const before = allFilesOf(disk);
      const reader = openReader(disk);
      expect(reader.recoveryReport().warnings).toEqual([warning]);
      reader.closeSync();
      const { verdict, report } = verifyLogSync(STORE, { fileSystem: disk });
      expect({ verdict, warnings: report.warnings }).toEqual({ verdict: "damaged", warnings: [warning] });
      expect(allFilesOf(disk)).toEqual(before);
      expect(thrownBy(() => openLog(disk, { recover: "strict" }))).toMatchObject({
        code: "ERR_DATAWAL_STRICT_RECOVERY",
      });
      expect(openLog(disk).recoveryReport().warnings).toEqual([warning]);
    });

    test("is told by a snapshot", () => {
      const disk = closedLog();
      does(disk);
      expect(snapshotToSync(STORE, "/copy", { fileSystem: disk }).warnings).toEqual([warning]);
    });

    test("is told by the refresh of a reader that was open before", () => {
      const disk = closedLog();
      const reader = openReader(disk);
      expect(reader.recoveryReport().warnings).toEqual([]);
      does(disk);
      reader.refreshSync();
      expect(reader.recoveryReport().warnings).toEqual([warning]);
    });
  },
);

test("where every segment is gone verifyLog says so", () => {
  const disk = closedLog();
  removeFile(disk, "00000001.dwal");
  removeFile(disk, NEWEST);
  const { verdict, report } = verifyLogSync(STORE, { fileSystem: disk });
  expect({ verdict, warnings: report.warnings }).toEqual({ verdict: "damaged", warnings: [missing] });
});

test("a note that nobody may read, or that is none, is no finding", () => {
  for (const lock of ["4711\n", "", "1\nsynced 2 9 9 9 00000000\n"]) {
    const disk = closedLog();
    writeFiles(disk, { ".lock": Buffer.from(lock) });
    expect(verifyLogSync(STORE, { fileSystem: disk }).verdict).toBe("intact");
  }
  const closed = withFaults(closedLog(), ({ operation, path }) =>
    operation === "open" && path.endsWith(".lock") ? { errno: "EACCES" } : undefined,
  );
  expect(verifyLogSync(STORE, { fileSystem: closed }).verdict).toBe("intact");
});

interface Change {
  /** What was before the reader begins. */
  prepare?: (disk: SimulatedDisk) => void;
  /** What a writer does meanwhile: it syncs and notes, and moves what the note speaks of. */
  does: (log: RecordLog) => void;
}

const appends = (log: RecordLog) => void log.append("more");

function leaveUnsyncedTail(disk: SimulatedDisk): void {
  openLog(disk).append("unsynced");
  disk.killProcess();
}

const CHANGES: Readonly<Record<string, Change>> = {
  "appends and syncs": { does: appends },
  "rotates and appends": {
    does: (log) => {
      log.rotateSync();
      log.append("more");
    },
  },
  "rotates twice and drops all before": {
    does: (log) => {
      log.rotateSync();
      log.append("more");
      log.rotateSync();
      log.append("more");
      log.fsyncSync();
      log.dropSegmentsBeforeSync(log.activeSegment);
    },
  },
  "opens a store that was killed with an unsynced tail": { prepare: leaveUnsyncedTail, does: appends },
  "opens one whose write-back failed, and writes the tail again": {
    prepare: (disk) => {
      leaveUnsyncedTail(disk);
      disk.failWriteBack(`${STORE}/${NEWEST}`);
    },
    does: appends,
  },
};

function withLog(disk: SimulatedDisk, change: (log: RecordLog) => void): void {
  const log = RecordLog.openSync(STORE, { fileSystem: disk });
  change(log);
  log.closeSync();
}

// Read behind the listing, the note spoke of a segment that a rotation had made since: a false alarm.
describe.each(Object.entries(CHANGES))(
  "beside a writer that %s, no alarm is false",
  (_what, { prepare, does }) => {
    test.each(["verifyLog", "snapshotTo", "RecordLogReader"])(
      "of %s, at whichever call the writer comes in between",
      (reading) => {
        for (let at = 1, isOver = false; !isOver; at++) {
          const disk = closedLog();
          prepare?.(disk);
          let calls = 0;
          const raced = withFaults(disk, () => {
            if (++calls === at) withLog(disk, does);
          });
          const warnings = warningsOf(reading, raced);
          isOver = calls < at;
          expect({ at, warnings }).toEqual({ at, warnings: [] });
        }
      },
    );
  },
);

/** What is told as an error is no false alarm. */
function warningsOf(reading: string, fileSystem: FileSystem): RecoveryWarning[] {
  try {
    if (reading === "verifyLog") return verifyLogSync(STORE, { fileSystem }).report.warnings;
    if (reading === "snapshotTo") return snapshotToSync(STORE, "/copy", { fileSystem }).warnings;
    const reader = openReader(fileSystem);
    reader.refreshSync();
    return reader.recoveryReport().warnings;
  } catch (error) {
    if (!isRecordLogError(error)) throw error;
    return [];
  }
}
