import { createSimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import { frames, raw } from "../kit/frames.js";
import { openLog, payloadsOf } from "../kit/open-log.js";
import { traced } from "../kit/port-trace.js";
import { thrownBy } from "../kit/read-back.js";
import { diskWith, filesOf, readFile, STORE } from "../kit/store-files.js";

describe("rotation by size", () => {
  test("begins a segment before the record that would exceed the limit", () => {
    const log = openLog(undefined, { segmentBytesMax: 58 });
    expect(["1", "2", "3"].map((payload) => log.append(payload))).toMatchObject([
      { segment: 1, offset: 0 },
      { segment: 1, offset: 29 },
      { segment: 2, offset: 0 },
    ]);
  });

  test("gives a frame larger than the limit a segment of its own", () => {
    const log = openLog(undefined, { segmentBytesMax: 50 });
    log.append("1");
    const large = log.append("x".repeat(100));
    const after = log.append("2");
    expect([large, after]).toMatchObject([
      { segment: 2, offset: 0 },
      { segment: 3, offset: 0 },
    ]);
  });

  test("makes no empty segment for a frame larger than the limit", () => {
    const log = openLog(undefined, { segmentBytesMax: 1 });
    expect(log.append("first").segment).toBe(1);
    expect(log.append("second").segment).toBe(2);
  });

  test("never happens with Infinity", () => {
    const log = openLog(undefined, { segmentBytesMax: Number.POSITIVE_INFINITY });
    log.append(new Uint8Array(65 << 20).subarray(0, 64 << 20));
    expect(log.append("more").segment).toBe(1);
  });

  test("happens at 64 MiB when nothing is said", () => {
    const log = openLog();
    log.append(new Uint8Array((64 << 20) - 28 - 29));
    expect(log.append("1").segment).toBe(1);
    expect(log.append("2").segment).toBe(2);
  });

  test("goes by what the segment holds when a log is opened again", () => {
    const disk = createSimulatedDisk();
    const first = openLog(disk);
    first.append("1");
    first.closeSync();
    expect(openLog(disk, { segmentBytesMax: 40 }).append("2").segment).toBe(2);
  });
});

describe("rotation by hand", () => {
  // A program that rotated by the clock made a file each time, also when nothing had happened.
  test("leaves an empty segment as it is, and what was appended before is durable all the same", async () => {
    const { fileSystem, takeNames } = traced(createSimulatedDisk());
    const log = openLog(fileSystem);
    takeNames();
    await log.rotate();
    log.rotateSync();
    expect([log.segments, takeNames()]).toEqual([[1], []]);
    log.append("a");
    await log.rotate();
    takeNames();
    await log.rotate();
    log.rotateSync();
    expect([log.segments, log.activeSegment, takeNames()]).toEqual([[1, 2], 2, []]);
    log.closeSync();
    expect(() => log.rotateSync()).toThrow(expect.objectContaining({ code: "ERR_DATAWAL_CLOSED" }));
  });

  test("syncs the old segment, creates the next one, syncs the directory, notes it, switches", () => {
    const { fileSystem, takeNames } = traced(createSimulatedDisk());
    const log = openLog(fileSystem);
    log.append("a");
    takeNames();
    log.rotateSync();
    expect(takeNames()).toEqual([
      `stat ${STORE}/.lock`,
      `file.fsyncSync ${STORE}/00000001.dwal`,
      `stat ${STORE}/00000001.dwal`,
      `lock.writeNote ${STORE}/.lock`,
      `stat ${STORE}/00000001.dwal`,
      `open ${STORE}/00000002.dwal`,
      `file.stat ${STORE}/00000002.dwal`,
      `file.close ${STORE}/00000002.dwal`,
      `fsyncDirectorySync ${STORE}`,
      `open ${STORE}/00000002.dwal`,
      `file.stat ${STORE}/00000002.dwal`,
      `open ${STORE}/00000002.dwal`,
      `file.close ${STORE}/00000001.dwal`,
      `file.close ${STORE}/00000001.dwal`,
      `lock.writeNote ${STORE}/.lock`,
    ]);
  });

  test("is durable, the name included, when it is done", async () => {
    const disk = createSimulatedDisk();
    const log = openLog(disk);
    log.append("a");
    await log.rotate();
    disk.cutPower();
    const again = openLog(disk);
    expect(again.segments).toEqual([1, 2]);
    expect(payloadsOf(again.scan())).toEqual(["a"]);
  });

  test("two at once rotate once", async () => {
    const log = openLog();
    log.append("a");
    await Promise.all([log.rotate(), log.rotate()]);
    expect(log.segments).toEqual([1, 2]);
  });

  test("is refused when the log was closed while it waited", async () => {
    const log = openLog();
    log.append("a");
    const rotated = log.rotate();
    const closed = log.close();
    await expect(rotated).rejects.toMatchObject({ code: "ERR_DATAWAL_CLOSED" });
    await closed;
    expect(log.segments).toEqual([1]);
  });
});

describe("a rotation that fails", () => {
  test("before the new segment is created leaves none", () => {
    const disk = createSimulatedDisk();
    let isBroken = false;
    const log = openLog(
      withFaults(disk, ({ operation }) =>
        isBroken && operation === "file.fsyncSync" ? { errno: "EIO" } : undefined,
      ),
      { segmentBytesMax: 50 },
    );
    log.append("a");
    isBroken = true;
    expect(thrownBy(() => log.append("does not fit"))).toMatchObject({ code: "ERR_DATAWAL_FSYNC_FAILED" });
    expect(Object.keys(filesOf(disk))).toEqual(["00000001.dwal"]);
  });

  test("because somebody made a file of that name leaves that file alone", () => {
    const disk = createSimulatedDisk();
    const log = openLog(disk);
    log.append("a");
    const foreign = disk.open(`${STORE}/00000002.dwal`, "create");
    foreign.append(Uint8Array.of(1, 2, 3), 0, 3);
    foreign.close();
    expect(thrownBy(() => log.rotateSync())).toMatchObject({
      code: "ERR_DATAWAL_ROTATE_FAILED",
      segment: 2,
      cause: { code: "EEXIST" },
    });
    expect(readFile(disk, "00000002.dwal")).toEqual(Uint8Array.of(1, 2, 3));
    expect(log.activeSegment).toBe(1);
  });

  test("after its creation leaves an empty segment, which the next open takes", () => {
    const disk = createSimulatedDisk();
    let isBroken = false;
    const log = openLog(
      withFaults(disk, ({ operation }) =>
        isBroken && operation === "fsyncDirectorySync" ? { errno: "EIO" } : undefined,
      ),
    );
    log.append("a");
    isBroken = true;
    expect(thrownBy(() => log.rotateSync())).toMatchObject({ code: "ERR_DATAWAL_ROTATE_FAILED" });
    log.closeSync();
    const again = openLog(disk);
    expect(again.segments).toEqual([1, 2]);
    expect(again.append("b")).toMatchObject({ segment: 2, offset: 0, txid: 2n });
  });
});

describe("at the id limit of 99,999,999", () => {
  function openAtLimit() {
    const disk = diskWith({ "99999999.dwal": frames(raw(7, "last segment")) });
    return { disk, log: openLog(disk, { segmentBytesMax: 1 }) };
  }

  test("rotation by hand is refused before anything is written", async () => {
    const { disk, log } = openAtLimit();
    log.append("a");
    const before = filesOf(disk);
    const refusal = { code: "ERR_DATAWAL_SEGMENT_ID_LIMIT", segment: 100_000_000 };
    expect(thrownBy(() => log.rotateSync())).toMatchObject(refusal);
    await expect(log.rotate()).rejects.toMatchObject(refusal);
    expect(filesOf(disk)).toEqual(before);
    expect(log.isPoisoned).toBe(false);
  });

  test("appending goes on in the last segment, whatever its size", () => {
    const { log } = openAtLimit();
    expect(log.append("a").segment).toBe(99_999_999);
    expect(log.appendMany(["b", "c"]).map(({ segment }) => segment)).toEqual([99_999_999, 99_999_999]);
    expect(payloadsOf(log.scan())).toEqual(["last segment", "a", "b", "c"]);
  });
});

describe("a store that was replaced under the writer", () => {
  test.each(["the lock file", "the directory"])("(%s) is not rotated", async (what) => {
    const disk = createSimulatedDisk();
    const log = openLog(disk, { segmentBytesMax: 50 });
    log.append("a");
    if (what === "the lock file") {
      disk.removeFile(`${STORE}/.lock`);
    } else {
      disk.rename(STORE, "/moved");
      disk.makeDirectory(STORE);
    }
    const refusal = { code: "ERR_DATAWAL_REPLACED", path: `${STORE}/.lock` };
    expect(thrownBy(() => log.rotateSync())).toMatchObject(refusal);
    expect(thrownBy(() => log.append("does not fit"))).toMatchObject(refusal);
    expect(log.isPoisoned).toBe(false);
    // It syncs first, and there finds that the segment is gone, too.
    const code = what === "the directory" ? "ERR_DATAWAL_SEGMENT_CHANGED" : "ERR_DATAWAL_REPLACED";
    await expect(log.rotate()).rejects.toMatchObject({ code });
    expect(disk.stat(`${STORE}/00000002.dwal`)).toBeUndefined();
    await log.close();
  });

  test("by another lock file is told as such", () => {
    const disk = createSimulatedDisk();
    const log = openLog(disk);
    log.append("a");
    disk.removeFile(`${STORE}/.lock`);
    disk.open(`${STORE}/.lock`, "create").close();
    expect(thrownBy(() => log.rotateSync())).toMatchObject({
      code: "ERR_DATAWAL_REPLACED",
      message: expect.stringContaining("found another one"),
    });
  });

  // The look at `.lock` let the port's own error through, without a code of ours.
  test("and cannot be looked at is an error with a code", () => {
    let isBroken = false;
    const log = openLog(
      withFaults(createSimulatedDisk(), ({ operation }) =>
        isBroken && operation === "stat" ? { errno: "EIO" } : undefined,
      ),
    );
    log.append("a");
    isBroken = true;
    expect(thrownBy(() => log.rotateSync())).toMatchObject({
      code: "ERR_DATAWAL_STORE_IO",
      path: `${STORE}/.lock`,
      errno: "EIO",
    });
    expect(log.isPoisoned).toBe(false);
  });
});
