import { CRC_LEN } from "@datawal/format";
import type { FileSystem } from "@datawal/safeatomic";
import { createSimulatedDisk, type SimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import { type ReaderOptions, RecordLogReader } from "../src/index.js";
import { concat, flipped, frames, put, raw } from "./kit/frames.js";
import { turnOfEventLoop } from "./kit/held-syncs.js";
import { wrappingOpenFiles } from "./kit/open-file-wrapper.js";
import { openLog, openReader, payloadsOf } from "./kit/open-log.js";
import { traced } from "./kit/port-trace.js";
import { thrownBy } from "./kit/read-back.js";
import {
  allFilesOf,
  diskWith,
  overwriteFile,
  readFile,
  removeFile,
  STORE,
  sameFiles,
  writeFiles,
} from "./kit/store-files.js";
import { watch } from "./kit/watched-promise.js";

const FIRST = "00000001.dwal";
const SECOND = "00000002.dwal";
const MIB = 1 << 20;

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** A reader that notes what is replayed to it, and each reset as "reset". */
function openReplaying(fileSystem: FileSystem, options: ReaderOptions = {}) {
  const events: string[] = [];
  const reader = RecordLogReader.openSync(STORE, {
    fileSystem,
    replay: ({ payload }) => void events.push(text(payload)),
    onReset: () => void events.push("reset"),
    ...options,
  });
  const takeEvents = () => events.splice(0);
  return { reader, takeEvents };
}

/** Appends bytes to a segment as another process would. */
function appendRaw(fileSystem: FileSystem, name: string, bytes: Uint8Array): void {
  const file = fileSystem.open(`${STORE}/${name}`, "append");
  file.append(bytes, 0, bytes.length);
  file.close();
}

describe("open", () => {
  test("of a missing store, of a file, of an unfinished swap is refused", async () => {
    const disk = createSimulatedDisk();
    const open = () => RecordLogReader.openSync(STORE, { fileSystem: disk });
    expect(thrownBy(open)).toMatchObject({ code: "ERR_DATAWAL_STORE_NOT_FOUND", path: STORE });
    await expect(RecordLogReader.open(STORE, { fileSystem: disk })).rejects.toMatchObject({
      code: "ERR_DATAWAL_STORE_NOT_FOUND",
    });
    disk.makeDirectory(`${STORE}.old`);
    expect(thrownBy(open)).toMatchObject({ code: "ERR_DATAWAL_SWAP_UNFINISHED", oldPath: `${STORE}.old` });
    disk.open(STORE, "create").close();
    expect(thrownBy(open)).toMatchObject({ code: "ERR_DATAWAL_STORE_NOT_A_DIRECTORY" });
    expect(disk.list("/").map(({ name }) => name)).toEqual(["store", "store.old"]);
  });

  test("of an empty directory finds nothing, and makes nothing", () => {
    const disk = diskWith({});
    const reader = openReader(disk);
    expect(reader.segments).toEqual([]);
    expect([...reader.scan()]).toEqual([]);
    expect(reader.recoveryReport()).toMatchObject({ filesScanned: 0, recordsReplayed: 0, warnings: [] });
    expect(disk.list(STORE)).toEqual([]);
  });

  test("tolerates a torn tail and reports it, like a writer that would repair it", () => {
    const reader = openReader(diskWith({ [FIRST]: concat(frames(raw(1, "a")), Uint8Array.of(68, 87)) }));
    expect(payloadsOf(reader.scan())).toEqual(["a"]);
    expect(reader.recoveryReport()).toMatchObject({
      tailTruncated: 1,
      tailBytesDiscarded: 2,
      damageSegment: 1,
      damageOffset: 29,
      damageReason: "cut-header",
    });
  });

  test("refuses a damaged sealed segment", () => {
    const disk = diskWith({ [FIRST]: flipped(frames(raw(1, "a")), 8 * 24), [SECOND]: new Uint8Array(0) });
    expect(thrownBy(() => openReader(disk))).toMatchObject({
      code: "ERR_DATAWAL_SEGMENT_DAMAGED",
      segment: 1,
      offset: 0,
      reason: "crc-mismatch",
    });
  });

  test("refuses what a writer would not take for a torn tail", () => {
    const newer = frames(raw(1, "a"));
    newer[4] = 2;
    expect(thrownBy(() => openReader(diskWith({ [FIRST]: newer })))).toMatchObject({
      code: "ERR_DATAWAL_FRAME_UNSUPPORTED",
    });
    expect(
      thrownBy(() =>
        openReader(diskWith({ [FIRST]: new TextEncoder().encode("this is no segment at all") })),
      ),
    ).toMatchObject({ code: "ERR_DATAWAL_NOT_A_SEGMENT" });
  });

  test("by an aborted signal does not begin", async () => {
    const signal = AbortSignal.abort("never");
    const { fileSystem, takeNames } = traced(diskWith({}));
    await expect(RecordLogReader.open(STORE, { fileSystem, signal })).rejects.toBe("never");
    expect(takeNames()).toEqual([]);
  });
});

describe("a reader", () => {
  const CHANGING =
    /^(makeDirectory|rename|link|removeFile|removeDirectory|fsync|lock|file\.(append|truncate|fsync|copyOwner|chmod))/;

  test("leaves the directory as it is and makes no call that could change it", async () => {
    const disk = diskWith({
      [FIRST]: frames(raw(1, "a"), put(2, "k", "v")),
      [SECOND]: concat(frames(raw(3, "c")), new Uint8Array(30)),
      "00000002.cut-5": Uint8Array.of(1),
      ".lock": Uint8Array.of(49, 10),
    });
    const before = allFilesOf(disk);
    const { fileSystem, takeNames } = traced(disk);
    const reader = await RecordLogReader.open(STORE, { fileSystem });
    for (const record of reader.scan()) reader.read(record);
    await reader.refresh();
    reader.refreshSync();
    await reader.close();
    expect(takeNames().filter((name) => CHANGING.test(name))).toEqual([]);
    expect(sameFiles(before, allFilesOf(disk))).toBe(true);
    expect(fileSystem).toMatchObject({ openFileCount: 0, heldLockCount: 0 });
  });

  test("works beside a live writer, over rotation, and sees at each refresh what there is", async () => {
    const disk = createSimulatedDisk();
    const log = openLog(disk);
    log.append("1");
    const { reader, takeEvents } = openReplaying(disk);
    expect(takeEvents()).toEqual(["1"]);
    log.append("2");
    expect(payloadsOf(reader.scan())).toEqual(["1"]);
    await reader.refresh();
    expect(takeEvents()).toEqual(["2"]);
    log.append("3");
    log.rotateSync();
    log.append("4");
    log.rotateSync();
    reader.refreshSync();
    expect(takeEvents()).toEqual(["3", "4"]);
    reader.refreshSync();
    expect(takeEvents()).toEqual([]);
    expect(payloadsOf(reader.scan())).toEqual(["1", "2", "3", "4"]);
    expect(reader.segments).toEqual([1, 2, 3]);
    expect(reader.recoveryReport()).toMatchObject({ filesScanned: 3, recordsReplayed: 4, lastTxidSeen: 4n });
    log.closeSync();
  });

  test("reads at a refresh only what is new", () => {
    const disk = createSimulatedDisk();
    const log = openLog(disk);
    log.append(new Uint8Array(100_000));
    log.rotateSync();
    log.append(new Uint8Array(100_000));
    const { fileSystem, takeCalls } = traced(disk);
    const reader = openReader(fileSystem);
    const { len } = log.append("new");
    takeCalls();
    reader.refreshSync();
    const bytesRead = takeCalls()
      .filter(({ operation, path }) => operation === "file.readAt" && path.endsWith(".dwal"))
      .map(({ byteCount }) => byteCount);
    // The last frame, to see that it still stands, the new one, and the last one's CRC again: it stood until then.
    expect(bytesRead).toEqual([100_028, len, CRC_LEN]);
  });

  test("lets a scan that runs see what a refresh finds", () => {
    const disk = createSimulatedDisk();
    const log = openLog(disk);
    log.append("1");
    const reader = openReader(disk);
    const seen: string[] = [];
    for (const { payload } of reader.scan()) {
      seen.push(text(payload));
      if (seen.length < 4) {
        log.append(`${seen.length + 1}`);
        if (seen.length === 2) log.rotateSync();
        reader.refreshSync();
      }
    }
    expect(seen).toEqual(["1", "2", "3", "4"]);
  });

  test("that is closed refuses, at once and for good", async () => {
    const disk = createSimulatedDisk();
    const log = openLog(disk);
    const ref = log.append("a");
    const fileSystem = withFaults(disk, () => undefined);
    for (const end of ["close", "closeSync"] as const) {
      const reader = openReader(fileSystem);
      reader.read(ref);
      const iterator = reader.scan()[Symbol.iterator]();
      iterator.next();
      const closed = reader[end]();
      for (const use of [() => reader.read(ref), () => iterator.next(), () => reader.refreshSync()])
        expect(thrownBy(use)).toMatchObject({ code: "ERR_DATAWAL_CLOSED", path: STORE });
      await expect(reader.refresh()).rejects.toMatchObject({ code: "ERR_DATAWAL_CLOSED" });
      await closed;
      await reader.close();
      reader.closeSync();
      expect(fileSystem.openFileCount).toBe(0);
    }
    {
      using _first = openReader(fileSystem);
      await using _second = openReader(fileSystem);
    }
  });
});

describe("an append in flight", () => {
  /** A store whose last segment grows by a few bytes each time its size is asked for. */
  function growingStore(whole: Uint8Array, startSize: number, step: number) {
    const disk = diskWith({ [FIRST]: whole });
    let size = startSize;
    return wrappingOpenFiles(disk, (file) => ({
      stat: () => {
        const stat = file.stat();
        const grown = { ...stat, size: Math.min(size, stat.size) };
        size += step;
        return grown;
      },
    }));
  }

  const whole = frames(raw(1, "a"), raw(2, "b"), raw(3, "c"));

  test("is no finding: what is read ends before it", () => {
    const reader = openReader(growingStore(whole, 35, 1));
    expect(payloadsOf(reader.scan())).toEqual(["a"]);
    expect(reader.recoveryReport()).toMatchObject({ tailTruncated: 0, damageReason: undefined });
  });

  test("is read when it is whole by the second look", () => {
    const reader = openReader(growingStore(whole, 35, 23));
    expect(payloadsOf(reader.scan())).toEqual(["a", "b"]);
    expect(reader.recoveryReport()).toMatchObject({ tailTruncated: 0 });
  });

  test("that stands still is a torn tail", () => {
    const reader = openReader(growingStore(whole, 35, 0));
    expect(reader.recoveryReport()).toMatchObject({ tailTruncated: 1, tailBytesDiscarded: 6 });
  });

  test("that was torn is read once the writer has finished it", () => {
    const disk = diskWith({ [FIRST]: whole.slice(0, 35) });
    const { reader, takeEvents } = openReplaying(disk);
    appendRaw(disk, FIRST, whole.slice(35));
    reader.refreshSync();
    expect(takeEvents()).toEqual(["a", "b", "c"]);
    expect(reader.recoveryReport()).toMatchObject({ tailTruncated: 0 });
  });

  test("does not hold up the event loop while it is waited for", async () => {
    const opened = RecordLogReader.open(STORE, { fileSystem: growingStore(whole, 35, 0) });
    const watched = watch(opened);
    await turnOfEventLoop();
    expect(watched.outcome).toBe("pending");
    await opened;
  });
});

// The record that is handed to `replay` kept the cursor of the first pass: after a reset it showed the same old record
// again and again.
describe("a refresh begins anew, and says so, where", () => {
  /** A reader that has seen two segments; what happens to them then; what it replays. */
  function afterChange(change: (disk: SimulatedDisk) => void): string[] {
    const disk = diskWith({ [FIRST]: frames(raw(1, "a"), raw(2, "b")), [SECOND]: frames(raw(3, "c")) });
    const { reader, takeEvents } = openReplaying(disk);
    takeEvents();
    change(disk);
    reader.refreshSync();
    const events = takeEvents();
    expect(payloadsOf(reader.scan())).toEqual(events.slice(1));
    for (const record of reader.scan()) expect(reader.read(record)).toEqual(record);
    reader.refreshSync();
    expect(takeEvents()).toEqual([]);
    return events;
  }

  test("a segment was removed", () => {
    expect(afterChange((disk) => removeFile(disk, FIRST))).toEqual(["reset", "c"]);
    expect(afterChange((disk) => removeFile(disk, SECOND))).toEqual(["reset", "a", "b"]);
  });

  test("a segment was replaced", () => {
    const replacement = frames(raw(1, "x"), raw(2, "y"));
    expect(afterChange((disk) => writeFiles(disk, { [FIRST]: replacement }))).toEqual([
      "reset",
      "x",
      "y",
      "c",
    ]);
  });

  test("a segment was cut by a repair", () => {
    const cut = (disk: SimulatedDisk) => disk.open(`${STORE}/${SECOND}`, "append").truncate(0);
    expect(afterChange(cut)).toEqual(["reset", "a", "b"]);
  });

  test("a sealed segment was cut", () => {
    const cut = (disk: SimulatedDisk) => disk.open(`${STORE}/${FIRST}`, "append").truncate(29);
    expect(afterChange(cut)).toEqual(["reset", "a", "c"]);
  });

  // The txid was all that was compared: a record of the same length and txid, appended after a repair had cut off the
  // one that was seen, passed for it.
  test("the last record was cut off by a repair and another one appended in its place", () => {
    const swap = (disk: SimulatedDisk) => {
      disk.open(`${STORE}/${SECOND}`, "append").truncate(0);
      appendRaw(disk, SECOND, frames(raw(3, "z")));
    };
    expect(afterChange(swap)).toEqual(["reset", "a", "b", "z"]);
  });

  test("a segment appeared before one that was read", () => {
    const add = (disk: SimulatedDisk) => writeFiles(disk, { "00000000.dwal": frames(raw(9, "early")) });
    expect(afterChange(add)).toEqual(["reset", "early", "a", "b", "c"]);
  });
});

describe("a refresh that fails", () => {
  function openBreakable() {
    let isBroken = false;
    const disk = createSimulatedDisk();
    const log = openLog(disk);
    log.append("1");
    const fileSystem = withFaults(disk, ({ operation, path }) =>
      isBroken && operation === "file.readAt" && path.endsWith(".dwal") ? { errno: "EIO" } : undefined,
    );
    const { reader, takeEvents } = openReplaying(fileSystem);
    const setBroken = (value: boolean) => {
      isBroken = value;
    };
    return { disk, fileSystem, log, reader, takeEvents, setBroken };
  }

  test("is an error with a code, leaves what was seen, and the next one sees all", () => {
    const { fileSystem, log, reader, setBroken } = openBreakable();
    log.append("2");
    setBroken(true);
    expect(thrownBy(() => reader.refreshSync())).toMatchObject({
      code: "ERR_DATAWAL_STORE_IO",
      operation: "read",
      errno: "EIO",
    });
    setBroken(false);
    expect(payloadsOf(reader.scan())).toEqual(["1"]);
    reader.refreshSync();
    expect(payloadsOf(reader.scan())).toEqual(["1", "2"]);
    reader.closeSync();
    expect(fileSystem.openFileCount).toBe(0);
  });

  test("because its callback throws is that error, and the next one begins anew", () => {
    const disk = createSimulatedDisk();
    const log = openLog(disk);
    const events: string[] = [];
    const reader = RecordLogReader.openSync(STORE, {
      fileSystem: disk,
      replay: ({ payload }) => {
        events.push(text(payload));
        if (events.filter((event) => event === "2").length === 1 && text(payload) === "2")
          throw new Error("cannot apply");
      },
      onReset: () => void events.push("reset"),
    });
    log.appendMany(["1", "2", "3"]);
    expect(() => reader.refreshSync()).toThrow("cannot apply");
    expect([...reader.scan()]).toEqual([]);
    reader.refreshSync();
    expect(events).toEqual(["1", "2", "reset", "1", "2", "3"]);
  });

  // What had been seen was forgotten first: a scan between the failure and the next refresh silently found no record.
  test("in the middle of beginning anew leaves what was seen, too", () => {
    const { disk, log, reader } = openBreakable();
    log.append("2");
    log.rotateSync();
    log.append("3");
    reader.refreshSync();
    expect(reader.segments).toEqual([1, 2]);
    log.closeSync();
    const second = readFile(disk, SECOND);
    disk.rename(`${STORE}/${SECOND}`, `${STORE}/aside`);
    const third = { "00000003.dwal": new Uint8Array(0) };
    writeFiles(disk, { [SECOND]: flipped(second, 0), ...third });
    expect(thrownBy(() => reader.refreshSync())).toMatchObject({ code: "ERR_DATAWAL_SEGMENT_DAMAGED" });
    expect(reader.segments).toEqual([1, 2]);
    disk.rename(`${STORE}/aside`, `${STORE}/${SECOND}`);
    expect(payloadsOf(reader.scan())).toEqual(["1", "2", "3"]);
    reader.refreshSync();
    expect(reader.segments).toEqual([1, 2, 3]);
  });

  test("because the directory was replaced, or is gone, is told as that", async () => {
    const { disk, log, reader } = openBreakable();
    log.closeSync();
    disk.rename(STORE, "/moved");
    expect(thrownBy(() => reader.refreshSync())).toMatchObject({
      code: "ERR_DATAWAL_READER_STALE",
      path: STORE,
    });
    disk.makeDirectory(STORE);
    await expect(reader.refresh()).rejects.toMatchObject({
      code: "ERR_DATAWAL_READER_STALE",
      message: expect.stringContaining("open it again"),
    });
  });
});

describe("refreshes that meet", () => {
  /** A store that takes several steps to read. */
  function openLarge(onReplay: (reader: () => RecordLogReader) => void = () => undefined) {
    const disk = createSimulatedDisk();
    const log = openLog(disk);
    log.append("1");
    let replayed = 0;
    let reader: RecordLogReader | undefined;
    reader = RecordLogReader.openSync(STORE, {
      fileSystem: disk,
      replay: () => {
        replayed++;
        if (reader) onReplay(() => reader!);
      },
    });
    for (let index = 0; index < 4; index++) log.append(new Uint8Array(1.2 * MIB));
    return { reader, log, replayed: () => replayed };
  }

  test("asynchronously follow each other, and each record is replayed once", async () => {
    const { reader, replayed } = openLarge();
    await Promise.all([reader.refresh(), reader.refresh(), reader.refresh()]);
    expect(replayed()).toBe(5);
  });

  test("asynchronously follow each other also where one waits for an append in flight", async () => {
    const reader = openReader(diskWith({ [FIRST]: frames(raw(1, "a")).slice(0, 20) }));
    await Promise.all([reader.refresh(), reader.refresh()]);
    expect(reader.recoveryReport()).toMatchObject({ tailTruncated: 1 });
  });

  // It was refused, and with it a get that had to look where a compaction had moved a value.
  test("on this thread bring the asynchronous one that is under way to its end, and go on from there", async () => {
    const { reader, log, replayed } = openLarge();
    const running = reader.refresh();
    log.append("later");
    reader.refreshSync();
    expect(replayed()).toBe(6);
    await running;
    expect(replayed()).toBe(6);
    await reader.refresh();
    expect([...reader.scan()]).toHaveLength(6);
  });

  test("on this thread also end one that waits for an append in flight, and fail as it does", async () => {
    const disk = diskWith({ [FIRST]: frames(raw(1, "a")).slice(0, 20) });
    const reader = openReader(disk);
    const running = reader.refresh();
    reader.refreshSync();
    await running;
    const failing = reader.refresh();
    overwriteFile(disk, FIRST, new Uint8Array(40).fill(1));
    const code = "ERR_DATAWAL_NOT_A_SEGMENT";
    expect(thrownBy(() => reader.refreshSync())).toMatchObject({ code });
    await expect(failing).rejects.toMatchObject({ code });
  });

  test("that close the reader in a callback leave nothing open", () => {
    const disk = withFaults(diskWith({ [FIRST]: frames(raw(1, "a")) }), () => undefined);
    const reader = openReader(disk);
    reader.refreshSync({ onProgress: () => reader.closeSync() });
    expect(disk.openFileCount).toBe(0);
  });

  // A callback could begin a second refresh within the first, which then read the same records twice.
  test("from within the callbacks of another one are refused", async () => {
    const errors: unknown[] = [];
    const { reader, replayed } = openLarge((current) => {
      errors.push(thrownBy(() => current().refreshSync()));
      current()
        .refresh({ signal: AbortSignal.timeout(5_000) })
        .catch(() => undefined);
    });
    await reader.refresh();
    expect(errors).toHaveLength(4);
    for (const error of errors) expect(error).toMatchObject({ code: "ERR_DATAWAL_REENTRANT" });
    expect(replayed()).toBe(5);
  });

  test("one that is aborted rejects with the reason, and the next one sees all", async () => {
    const { reader } = openLarge();
    const controller = new AbortController();
    const onProgress = () => controller.abort("given up");
    await expect(reader.refresh({ signal: controller.signal, onProgress })).rejects.toBe("given up");
    expect([...reader.scan()]).toHaveLength(1);
    await reader.refresh();
    expect([...reader.scan()]).toHaveLength(5);
  });

  test("one that is under way when the reader is closed ends with ERR_DATAWAL_CLOSED", async () => {
    const { reader } = openLarge();
    const refreshing = watch(reader.refresh({ onProgress: () => void reader.closeSync() }));
    await turnOfEventLoop();
    expect(refreshing.outcome).toBe("ERR_DATAWAL_CLOSED");
  });
});
