import { isUntouched } from "@datawal/oracle";
import { type PortCall, type SimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import { RecordLog } from "../../src/index.js";
import { concat, frames, put, raw } from "../kit/frames.js";
import { leaveNote } from "../kit/lock-file.js";
import { readBack, thrownBy } from "../kit/read-back.js";
import { diskWith, filesOf, STORE } from "../kit/store-files.js";

const SEGMENT = "00000001.dwal";
const log = frames(raw(1, "one"), put(2, "key", "two"));

describe("syncing directories at open", () => {
  const failDirectorySync = (disk: SimulatedDisk, path: string, errno: string) =>
    withFaults(disk, (call: PortCall) =>
      call.operation === "fsyncDirectorySync" && call.path === path ? { errno } : undefined,
    );

  test.each(["EINVAL", "ENOTSUP", "EPERM"])(
    "%s: not supported here; that is reported and no error",
    (errno) => {
      const disk = failDirectorySync(diskWith({ [SEGMENT]: log }), STORE, errno);
      expect(readBack(disk).report.warnings).toEqual([{ kind: "directory-sync-unsupported", path: STORE }]);
    },
  );

  test("an error of the device is one", () => {
    for (const path of [STORE, "/"])
      expect(
        thrownBy(() => readBack(failDirectorySync(diskWith({ [SEGMENT]: log }), path, "EIO"))),
      ).toMatchObject({
        code: "ERR_DATAWAL_STORE_IO",
        errno: "EIO",
      });
  });

  /** A store in a directory of another user's that may be passed but not read could not be opened at all. */
  test("a parent that may not be read is not synced: whoever may not read it has made no name in it", () => {
    const disk = failDirectorySync(diskWith({ [SEGMENT]: log }), "/", "EACCES");
    expect(readBack(disk).records).toHaveLength(2);
  });
});

describe("the lock file", () => {
  test("that is replaced before the repair stops it: another writer may hold the new one", () => {
    const files = { [SEGMENT]: concat(log, Uint8Array.of(1, 2, 3)) };
    const disk = diskWith(files);
    let isReplaced = false;
    const replacing = withFaults(disk, ({ operation, path }) => {
      if (operation !== "file.readAt" || !path.endsWith(SEGMENT) || isReplaced) return;
      isReplaced = true;
      disk.removeFile(`${STORE}/.lock`);
      disk.open(`${STORE}/.lock`, "create").close();
    });
    expect(thrownBy(() => readBack(replacing))).toMatchObject({ code: "ERR_DATAWAL_REPLACED" });
    isUntouched(files, filesOf(disk));
    expect(replacing.heldLockCount).toBe(0);
  });
});

describe("a store without a segment", () => {
  test("gets the first one, durably", () => {
    const disk = diskWith({});
    RecordLog.openSync(STORE, { fileSystem: disk });
    disk.cutPower();
    expect(filesOf(disk)).toEqual({ [SEGMENT]: new Uint8Array(0) });
  });

  test("gets it also where only quarantine files are left, and says so", () => {
    const disk = diskWith({ "00000004.cut-9": Uint8Array.of(1) });
    expect(readBack(disk).report.warnings).toEqual([
      { kind: "quarantine-present", path: `${STORE}/00000004.cut-9` },
    ]);
  });

  test("says also that a swap has brought quarantine files in a directory of their own", () => {
    const disk = diskWith({});
    disk.makeDirectory(`${STORE}/quarantine-1`);
    expect(readBack(disk).report.warnings).toEqual([
      { kind: "quarantine-present", path: `${STORE}/quarantine-1` },
    ]);
  });
});

test("what was found is durable when the open returns, whatever was synced before", () => {
  const disk = diskWith({ [SEGMENT]: log });
  const more = frames(raw(3, "written, not synced, by a process that died"));
  const file = disk.open(`${STORE}/${SEGMENT}`, "append");
  file.append(more, 0, more.length);
  for (const noted of [false, true]) {
    if (noted) leaveNote(disk, { segment: 1, size: log.length });
    const opened = RecordLog.openSync(STORE, { fileSystem: disk });
    expect(opened.lastTxid).toBe(3n);
    disk.cutPower();
    expect(filesOf(disk)).toEqual({ [SEGMENT]: concat(log, more) });
  }
});

test("a segment that grows while it is read is not cut", () => {
  const disk = diskWith({ [SEGMENT]: log });
  const other = disk.open(`${STORE}/${SEGMENT}`, "append");
  const growing = withFaults(disk, ({ operation, path }) => {
    if (operation === "file.readAt" && path.endsWith(SEGMENT)) other.append(log, 0, log.length);
  });
  expect(thrownBy(() => readBack(growing))).toMatchObject({ code: "ERR_DATAWAL_SEGMENT_CHANGED" });
  expect(filesOf(disk)[SEGMENT]!.length).toBe(2 * log.length);
});

test("a segment that is shorter than its size said is an error, and nothing is changed", () => {
  const files = { [SEGMENT]: log };
  const disk = diskWith(files);
  const ending = withFaults(disk, ({ operation, path }) =>
    operation === "file.readAt" && path.endsWith(SEGMENT) ? { count: 0 } : undefined,
  );
  expect(thrownBy(() => readBack(ending))).toMatchObject({ code: "ERR_DATAWAL_SEGMENT_CHANGED" });
  isUntouched(files, filesOf(disk));
});
