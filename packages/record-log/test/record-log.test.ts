import { CRC_LEN, HEADER_LEN, RecordType } from "@datawal/format";
import { createSimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import { RecordLog, type ReplayRecord } from "../src/index.js";
import { deletion, frames, put, raw } from "./kit/frames.js";
import { turnOfEventLoop } from "./kit/held-syncs.js";
import { openLog, payloadsOf, payloadsOnDisk } from "./kit/open-log.js";
import { thrownBy } from "./kit/read-back.js";
import { allOrSample } from "./kit/seeded-random.js";
import { allFilesOf, diskWith, filesOf, STORE } from "./kit/store-files.js";
import { outcomesOf, watch } from "./kit/watched-promise.js";

const FRAME = HEADER_LEN + CRC_LEN;
const HALF = 700_000;

/** Three segments, each of more than one chunk. */
function largeStore() {
  const half = new Uint8Array(HALF);
  return diskWith({
    "00000001.dwal": frames(raw(1, half), raw(2, half)),
    "00000002.dwal": frames(raw(3, half), raw(4, half)),
    "00000003.dwal": frames(raw(5, half), raw(6, half)),
  });
}

describe("open", () => {
  test("makes a missing store with its parents, all durable", async () => {
    const disk = createSimulatedDisk();
    const log = await RecordLog.open("/a/b/store", { fileSystem: disk });
    expect(log.dir).toBe("/a/b/store");
    expect(log.segments).toEqual([1]);
    log.append("a");
    await log.fsync();
    disk.cutPower();
    expect(payloadsOf(RecordLog.openSync("/a/b/store", { fileSystem: disk }).scan())).toEqual(["a"]);
  });

  test("leaves in a new directory the lock file and an empty segment", () => {
    const disk = createSimulatedDisk();
    openLog(disk);
    expect(disk.list(STORE).map(({ name }) => name)).toEqual([".lock", "00000001.dwal"]);
    expect(filesOf(disk)).toEqual({ "00000001.dwal": new Uint8Array(0) });
  });

  test("with create: false makes nothing", () => {
    const disk = createSimulatedDisk();
    expect(thrownBy(() => openLog(disk, { create: false }))).toMatchObject({
      code: "ERR_DATAWAL_STORE_NOT_FOUND",
      path: STORE,
    });
    expect(disk.list("/")).toEqual([]);
    openLog(disk).closeSync();
    openLog(disk, { create: false }).closeSync();
  });

  test("refuses a file in the store's place, and one in the way to it", async () => {
    const disk = createSimulatedDisk();
    disk.open("/file", "create").close();
    const open = (dir: string) => RecordLog.open(dir, { fileSystem: disk });
    await expect(open("/file")).rejects.toMatchObject({
      code: "ERR_DATAWAL_STORE_NOT_A_DIRECTORY",
      path: "/file",
    });
    await expect(open("/file/store")).rejects.toMatchObject({ code: "ERR_DATAWAL_NOT_A_DIRECTORY" });
  });

  test.each(["EACCES", "EPERM", "EROFS", "EMFILE", "EIO"])("says what to do about %s", (errno) => {
    const fileSystem = withFaults(diskWith({ "00000001.dwal": frames(raw(1, "a")) }), ({ operation }) =>
      operation === "open" ? { errno } : undefined,
    );
    const error = thrownBy(() => openLog(fileSystem));
    expect(error).toMatchObject({
      code: "ERR_DATAWAL_STORE_IO",
      operation: "open",
      errno,
      message: expect.stringMatching(new RegExp(`the file system said ${errno}; `)),
      cause: { code: errno },
    });
    expect(fileSystem).toMatchObject({ openFileCount: 0, heldLockCount: 0 });
  });

  test("refuses where an interrupted swap has left only the old store, and makes no empty one", () => {
    const disk = createSimulatedDisk();
    disk.makeDirectory(`${STORE}.old`);
    for (const create of [true, false])
      expect(thrownBy(() => openLog(disk, { create }))).toMatchObject({
        code: "ERR_DATAWAL_SWAP_UNFINISHED",
        path: STORE,
        oldPath: `${STORE}.old`,
      });
    expect(disk.stat(STORE)).toBeUndefined();
    disk.makeDirectory(STORE);
    openLog(disk).closeSync();
  });

  test("leaves foreign files alone", () => {
    const files = {
      "notes.txt": Uint8Array.of(1),
      "1.dwal": Uint8Array.of(2),
      "0000000a.dwal": Uint8Array.of(3),
      "00000001.dwal.bak": Uint8Array.of(4),
    };
    const disk = diskWith({ ...files, "00000001.dwal": frames(raw(1, "a")) });
    const log = openLog(disk);
    expect(payloadsOf(log.scan())).toEqual(["a"]);
    expect(filesOf(disk)).toMatchObject(files);
  });

  test("refuses a directory with a segment's name", () => {
    const disk = diskWith({});
    disk.makeDirectory(`${STORE}/00000001.dwal`);
    expect(thrownBy(() => openLog(disk))).toMatchObject({
      code: "ERR_DATAWAL_SEGMENT_NOT_A_FILE",
      path: `${STORE}/00000001.dwal`,
      actual: "directory",
    });
  });

  test("on this thread and off it leave the same and report the same", async () => {
    const torn = frames(raw(1, "a"), put(2, "k", "v")).subarray(0, -3);
    const bySync = diskWith({ "00000001.dwal": torn });
    const byAsync = diskWith({ "00000001.dwal": torn });
    const first = openLog(bySync);
    const second = await RecordLog.open(STORE, { fileSystem: byAsync });
    expect(second.recoveryReport()).toEqual(first.recoveryReport());
    expect(first.recoveryReport()).toMatchObject({ recordsReplayed: 1, tailTruncated: 1 });
    expect(allFilesOf(byAsync)).toEqual(allFilesOf(bySync));
  });

  test("by every name of the directory is one store", () => {
    const disk = createSimulatedDisk();
    const log = RecordLog.openSync("/a/../store/", { fileSystem: disk });
    expect(log.dir).toBe(STORE);
    expect(thrownBy(() => openLog(disk))).toMatchObject({ code: "ERR_DATAWAL_LOCKED" });
  });
});

describe("replay", () => {
  const disk = () =>
    diskWith({
      "00000001.dwal": frames(raw(1, "a"), put(2, "k", "v")),
      "00000002.dwal": new Uint8Array(0),
      "00000003.dwal": frames(deletion(3, "k")),
    });

  test("is called for every record, once, in order, with where it lies", () => {
    const seen: object[] = [];
    const text = new TextDecoder();
    const log = openLog(disk(), {
      replay: ({ type, txid, key, payload, segment, offset, len }) =>
        void seen.push({
          type,
          txid,
          key: text.decode(key),
          payload: text.decode(payload),
          segment,
          offset,
          len,
        }),
    });
    const { Raw, Put, Delete } = RecordType;
    expect(seen).toEqual([
      { type: Raw, txid: 1n, key: "", payload: "a", segment: 1, offset: 0, len: FRAME + 1 },
      { type: Put, txid: 2n, key: "k", payload: "v", segment: 1, offset: FRAME + 1, len: FRAME + 2 },
      { type: Delete, txid: 3n, key: "k", payload: "", segment: 3, offset: 0, len: FRAME + 1 },
    ]);
    expect(log.recoveryReport().recordsReplayed).toBe(3);
  });

  test("hands out one reused record", () => {
    const seen = new Set<ReplayRecord>();
    openLog(disk(), { replay: (record) => void seen.add(record) });
    expect(seen.size).toBe(1);
  });

  test("that throws ends the open with its error, and the lock is free again", async () => {
    const fileSystem = withFaults(disk(), () => undefined);
    const replay = ({ txid }: ReplayRecord) => {
      if (txid === 2n) throw new Error("cannot apply");
    };
    expect(() => openLog(fileSystem, { replay })).toThrow("cannot apply");
    await expect(RecordLog.open(STORE, { fileSystem, replay })).rejects.toThrow("cannot apply");
    expect(fileSystem).toMatchObject({ openFileCount: 0, heldLockCount: 0 });
    openLog(fileSystem).closeSync();
  });

  test("cannot open its own store a second time", () => {
    const store = disk();
    const replay = () => openLog(store).closeSync();
    expect(thrownBy(() => openLog(store, { replay }))).toMatchObject({
      code: "ERR_DATAWAL_LOCKED",
      heldByThisProcess: true,
    });
  });
});

describe("an open that is given up", () => {
  test("at any of its steps rejects with the reason, leaks nothing, and leaves a store that opens", async () => {
    let steps = 0;
    await (await RecordLog.open(STORE, { fileSystem: largeStore(), onProgress: () => void steps++ })).close();
    expect(steps).toBeGreaterThan(6);
    for (const giveUpAt of allOrSample(1, steps, 4)) {
      const disk = largeStore();
      const fileSystem = withFaults(disk, () => undefined);
      const controller = new AbortController();
      const reason = new Error("given up");
      let calls = 0;
      const onProgress = () => {
        if (++calls === giveUpAt) controller.abort(reason);
      };
      const opened = RecordLog.open(STORE, { fileSystem, signal: controller.signal, onProgress });
      await expect(opened, `step ${giveUpAt}`).rejects.toBe(reason);
      expect(fileSystem, `step ${giveUpAt}`).toMatchObject({ openFileCount: 0, heldLockCount: 0 });
      expect(openLog(disk).lastTxid).toBe(6n);
    }
  });

  test("at any call of the port rejects with the reason or opens, and leaks nothing", async () => {
    const attempt = async (giveUpAt: number) => {
      const disk = diskWith({ "00000001.dwal": frames(raw(1, "a"), raw(2, "b")).subarray(0, -1) });
      const controller = new AbortController();
      const fileSystem = withFaults(disk, ({ index }) => {
        if (index === giveUpAt) controller.abort("given up");
      });
      const outcome = await RecordLog.open(STORE, { fileSystem, signal: controller.signal }).then(
        (log) => log.close().then(() => "opened"),
        (reason: unknown) => reason,
      );
      expect(fileSystem, `call ${giveUpAt}`).toMatchObject({ openFileCount: 0, heldLockCount: 0 });
      expect(payloadsOf(openLog(disk).scan())).toEqual(["a"]);
      return { outcome, calls: fileSystem.callCount };
    };
    const { calls } = await attempt(-1);
    const outcomes = new Set<unknown>();
    for (let giveUpAt = 0; giveUpAt < calls; giveUpAt++) outcomes.add((await attempt(giveUpAt)).outcome);
    expect([...outcomes].sort()).toEqual(["given up", "opened"]);
  });

  // An empty store has nothing to read, and so had no step at which the signal was looked at.
  test("before it began makes nothing", async () => {
    const disk = createSimulatedDisk();
    const signal = AbortSignal.abort("never");
    await expect(RecordLog.open(STORE, { fileSystem: disk, signal })).rejects.toBe("never");
    expect(thrownBy(() => openLog(disk, { signal }))).toBe("never");
    expect(disk.list("/")).toEqual([]);
  });

  test("by an error of onProgress is that error", async () => {
    const fileSystem = withFaults(largeStore(), () => undefined);
    const onProgress = () => {
      throw new Error("no more room on screen");
    };
    await expect(RecordLog.open(STORE, { fileSystem, onProgress })).rejects.toThrow("no more room on screen");
    expect(fileSystem).toMatchObject({ openFileCount: 0, heldLockCount: 0 });
  });
});

test("progress of an open never goes back and never beyond the total", async () => {
  const progress: number[] = [];
  const totals = new Set<number>();
  await RecordLog.open(STORE, {
    fileSystem: largeStore(),
    onProgress: ({ bytesDone, bytesTotal }) => {
      progress.push(bytesDone);
      totals.add(bytesTotal);
    },
  });
  expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  expect([...totals].at(-1)).toBe(3 * 2 * (HALF + FRAME));
  expect(progress.at(-1)).toBeLessThanOrEqual([...totals].at(-1)!);
});

describe("close", () => {
  test("makes durable what is not, and frees the lock and every descriptor", async () => {
    const disk = createSimulatedDisk();
    const fileSystem = withFaults(disk, () => undefined);
    for (const end of ["close", "closeSync"] as const) {
      const log = openLog(fileSystem);
      log.read(log.append(end));
      await log[end]();
      expect(fileSystem).toMatchObject({ openFileCount: 0, heldLockCount: 0 });
      disk.cutPower();
    }
    expect(payloadsOnDisk(disk)).toEqual(["close", "closeSync"]);
  });

  test("is idempotent, in both forms", async () => {
    const log = openLog();
    log.closeSync();
    log.closeSync();
    await log.close();
    const other = openLog();
    await other.close();
    await other.close();
    other.closeSync();
  });

  // The second returned at once, with the lock still held: opening again then failed with ERR_DATAWAL_LOCKED.
  test("called twice at once is over for both when it is over", async () => {
    const disk = createSimulatedDisk({ syncTurns: 5 });
    const log = openLog(disk);
    log.append("a");
    void log.close();
    await log.close();
    openLog(disk).closeSync();
  });

  test("refuses everything at once, before its sync is over", async () => {
    const log = openLog(createSimulatedDisk({ syncTurns: 3 }));
    const ref = log.append("a");
    const scan = log.scan()[Symbol.iterator]();
    const closed = log.close();
    const refusal = { code: "ERR_DATAWAL_CLOSED", path: STORE };
    const uses = [
      () => log.append("x"),
      () => log.appendRecord(RecordType.Put, "k", "v"),
      () => log.appendMany(["x"]),
      () => log.fsyncSync(),
      () => log.rotateSync(),
      () => log.dropSegmentsBeforeSync(1),
      () => log.read(ref),
      () => scan.next(),
      () => [...log.scan()],
    ];
    for (const use of uses) expect(thrownBy(use)).toMatchObject(refusal);
    for (const use of [log.fsync(), log.rotate(), log.dropSegmentsBefore(1)])
      await expect(use).rejects.toMatchObject(refusal);
    await closed;
    expect(log.lastTxid).toBe(1n);
    expect(log.recoveryReport().recordsReplayed).toBe(0);
  });

  test("answers those who wait for a sync", async () => {
    const log = openLog(createSimulatedDisk({ syncTurns: 3 }));
    log.append("a");
    const first = watch(log.fsync());
    log.append("b");
    const second = watch(log.fsync());
    await log.close();
    expect(await outcomesOf(first, second)).toEqual(["resolved", "resolved"]);
  });

  test.each(["close", "closeSync"] as const)(
    "%s reports a sync that fails, and frees the lock all the same",
    async (end) => {
      let isBroken = false;
      const fileSystem = withFaults(createSimulatedDisk(), ({ operation }) =>
        isBroken && operation.startsWith("file.fsync") ? { errno: "EIO" } : undefined,
      );
      const log = openLog(fileSystem);
      log.append("a");
      isBroken = true;
      const closed = watch((async () => log[end]())());
      await turnOfEventLoop();
      await turnOfEventLoop();
      expect(closed).toMatchObject({
        outcome: "ERR_DATAWAL_FSYNC_FAILED",
        error: { cause: { code: "EIO" } },
      });
      expect(fileSystem).toMatchObject({ openFileCount: 0, heldLockCount: 0 });
      isBroken = false;
      await log.close();
      openLog(fileSystem).closeSync();
    },
  );

  // The first descriptor that did not close kept the lock held for ever, since a closed handle does not close again.
  test.each(["close", "closeSync"] as const)("%s frees the lock whatever fails to close", async (end) => {
    for (const failing of ["file.close", "lock.release"]) {
      for (let nth = 0; nth < 3; nth++) {
        let isBroken = false;
        let seen = 0;
        const fileSystem = withFaults(createSimulatedDisk(), ({ operation }) =>
          isBroken && operation === failing && seen++ === nth ? { errno: "EIO" } : undefined,
        );
        const log = openLog(fileSystem);
        log.read(log.append("a"));
        isBroken = true;
        const closed = watch((async () => log[end]())());
        for (let turn = 0; turn < 4; turn++) await turnOfEventLoop();
        const isHit = seen > nth;
        expect(closed.outcome).toBe(isHit ? "ERR_DATAWAL_STORE_IO" : "resolved");
        expect(fileSystem).toMatchObject({ openFileCount: 0, heldLockCount: 0 });
      }
    }
  });

  test("ends a long operation with ERR_DATAWAL_CLOSED and waits until it is gone", async () => {
    const disk = createSimulatedDisk({ syncTurns: 3 });
    const log = openLog(disk);
    for (const payload of ["1", "2", "3", "4"]) {
      log.append(payload);
      log.rotateSync();
    }
    const dropped = watch(log.dropSegmentsBefore(4));
    while (payloadsOnDisk(disk).length === 4) await turnOfEventLoop();
    const closed = log.close();
    expect(dropped.outcome).toBe("pending");
    await closed;
    expect(dropped.outcome).toBe("ERR_DATAWAL_CLOSED");
    expect(payloadsOnDisk(disk)).toEqual(["2", "3", "4"]);
  });

  test("runs at the end of an `await using` block, and of a `using` block", async () => {
    const fileSystem = withFaults(createSimulatedDisk(), () => undefined);
    {
      await using log = openLog(fileSystem);
      log.append("a");
    }
    expect(fileSystem.heldLockCount).toBe(0);
    {
      using log = openLog(fileSystem);
      log.append("b");
    }
    expect(fileSystem.heldLockCount).toBe(0);
    expect(payloadsOnDisk(fileSystem)).toEqual(["a", "b"]);
  });
});

test("what a getter gives out is a copy", () => {
  const log = openLog();
  log.segments.push(99);
  log.recoveryReport().warnings.push({ kind: "missing-segment", segment: 1, count: 1 });
  log.recoveryReport().recordsReplayed = 7;
  expect(log.segments).toEqual([1]);
  expect(log.recoveryReport()).toMatchObject({ recordsReplayed: 0, warnings: [] });
  expect(log.lock).toBe("simulated");
});
