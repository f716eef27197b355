import { type SimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import { RecordLog } from "../../src/index.js";
import { concat, frames, raw } from "../kit/frames.js";
import { isWithoutLeak } from "../kit/oracle.js";
import { readBack, readOnly, thrownBy } from "../kit/read-back.js";
import { diskWith, filesOf, STORE } from "../kit/store-files.js";

const kept = [raw(1, "one"), raw(2, "two")];
const junk = new TextEncoder().encode("what a crash left behind the log");

/** A disk on which nothing can be made longer. */
function full(disk: SimulatedDisk, errno = "ENOSPC") {
  return withFaults(disk, ({ operation, path }) =>
    operation === "file.append" && !path.endsWith(".dwal") ? { errno } : undefined,
  );
}

describe.each(["ENOSPC", "EDQUOT"])("without space for what a repair would keep (%s)", (errno) => {
  test("bytes that were never acknowledged and hold no frame are cut all the same, with a warning", () => {
    const disk = diskWith({ "00000001.dwal": concat(frames(...kept), junk) });
    const { records, report } = readBack(full(disk, errno));
    expect(records).toHaveLength(2);
    const offset = frames(...kept).length;
    expect(report.warnings).toEqual([
      { kind: "cut-without-quarantine", segment: 1, offset, bytes: junk.length },
    ]);
    expect(Object.keys(filesOf(disk))).toEqual(["00000001.dwal"]);
  });

  test("a tail with a valid frame in it is not: nothing changes, readers work, and the bytes needed are named", () => {
    const segment = concat(frames(...kept), junk, frames(raw(3, "behind the junk")));
    const disk = diskWith({ "00000001.dwal": segment });
    const fileSystem = full(disk, errno);
    expect(thrownBy(() => readBack(fileSystem))).toMatchObject({
      code: "ERR_DATAWAL_NO_SPACE",
      bytesNeeded: segment.length - frames(...kept).length,
    });
    expect(filesOf(disk)).toEqual({ "00000001.dwal": segment });
    isWithoutLeak(fileSystem, filesOf(disk));
    expect(readOnly(disk).records).toHaveLength(2);
    expect(readBack(disk).records).toHaveLength(2);
  });
});

test("a tail that must be written again and has no room for its journal stays as it is", () => {
  const disk = diskWith({});
  const log = RecordLog.openSync(STORE, { fileSystem: disk });
  log.append("synced");
  log.fsyncSync();
  const { len } = log.append("not synced");
  disk.killProcess();
  const before = filesOf(disk);
  const fileSystem = full(disk);
  expect(thrownBy(() => readBack(fileSystem))).toMatchObject({
    code: "ERR_DATAWAL_NO_SPACE",
    bytesNeeded: len,
  });
  expect(filesOf(disk)).toEqual(before);
  isWithoutLeak(fileSystem, filesOf(disk));
  expect(readBack(disk).records).toHaveLength(2);
});
