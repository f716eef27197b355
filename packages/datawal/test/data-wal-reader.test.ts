import { setImmediate } from "node:timers/promises";
import { createSimulatedDisk, type SimulatedDisk } from "@datawal/safeatomic/testing";
import { DataWal, DataWalReader, json, RecordLog, utf8 } from "datawal";
import { describe, expect, test } from "vitest";
import { appendTo, bytesOf, overwrite, treeOf } from "./kit/disk-tree.js";
import { failingDisk } from "./kit/port-failures.js";
import { SAMPLE_PAIRS, writeSample } from "./kit/sample-store.js";

const text = { key: utf8, value: utf8 };
const SEGMENT = "/store/00000001.dwal";

/** A reader beside an open writer. */
function pair(prepare: (writer: DataWal<string, string>) => void = () => {}) {
  const fileSystem = createSimulatedDisk();
  const writer = DataWal.openSync("/store", { ...text, fileSystem });
  prepare(writer);
  const reader = DataWalReader.openSync("/store", { ...text, fileSystem });
  return { fileSystem, writer, reader };
}

describe("beside a live writer", () => {
  test("a reader sees the store as it was when it was opened, and what is new once refreshed", async () => {
    const { writer, reader } = pair((store) =>
      store.putMany([
        ["a", "1"],
        ["b", "2"],
      ]),
    );
    writer.put("a", "3");
    writer.delete("b");
    writer.rotateSync();
    writer.put("c", "4");
    expect([...reader]).toEqual([
      ["a", "1"],
      ["b", "2"],
    ]);
    await reader.refresh();
    expect([...reader]).toEqual([
      ["a", "3"],
      ["c", "4"],
    ]);
    expect(writer.stats()).toMatchObject(reader.stats());
  });

  test("a refresh on this thread is the same", () => {
    const { writer, reader } = pair();
    writer.put("a", "1");
    reader.refreshSync();
    expect(reader.get("a")).toBe("1");
  });

  test("a reader takes no lock and changes nothing", () => {
    const { fileSystem, writer, reader } = pair((store) => store.put("a", "1"));
    const before = treeOf(fileSystem);
    reader.refreshSync();
    reader.closeSync();
    expect(treeOf(fileSystem)).toEqual(before);
    writer.put("still", "writing");
  });

  test("half a record at the end is not seen, and no damage", () => {
    const { fileSystem } = pair((store) => store.put("a", "1"));
    appendTo(fileSystem, SEGMENT, bytesOf(fileSystem, SEGMENT).subarray(0, 20));
    using reader = DataWalReader.openSync("/store", { ...text, fileSystem });
    expect([...reader]).toEqual([["a", "1"]]);
    expect(reader.recoveryReport().tailTruncated).toBe(1);
  });

  test("many refreshes at once come one behind the other", async () => {
    const { writer, reader } = pair();
    const refreshes = ["a", "b", "c"].map((key) => {
      writer.put(key, key);
      return reader.refresh();
    });
    await Promise.all(refreshes);
    expect([...reader.keys()]).toEqual(["a", "b", "c"]);
  });

  test("compaction and export work on the state that the reader shows", async () => {
    const { fileSystem, writer, reader } = pair((store) => store.put("a", "1"));
    writer.put("b", "2");
    await reader.compactTo("/compact");
    expect((await reader.exportJsonl("/export.jsonl")).recordsWritten).toBe(1);
    using compacted = DataWalReader.openSync("/compact", { ...text, fileSystem });
    expect([...compacted]).toEqual([["a", "1"]]);
  });
});

describe("when the log below was changed", () => {
  /** The store's first segment becomes another one with these pairs. */
  function replaceSegment(disk: SimulatedDisk, pairs: [string, string][]) {
    const other = DataWal.openSync("/other", { ...text, fileSystem: disk });
    other.putMany(pairs);
    other.closeSync();
    disk.rename("/other/00000001.dwal", SEGMENT);
  }

  function readerOf(disk: SimulatedDisk, more: [string, string][] = []) {
    using writer = DataWal.openSync("/store", { ...text, fileSystem: disk });
    writer.putMany([["a", "1"], ["b", "2"], ...more]);
    return DataWalReader.openSync("/store", { ...text, fileSystem: disk });
  }

  test("a refresh shows what is there now, and nothing of what was", async () => {
    const disk = createSimulatedDisk();
    const reader = readerOf(disk);
    replaceSegment(disk, [["c", "3"]]);
    await reader.refresh();
    expect([...reader]).toEqual([["c", "3"]]);
    expect(reader.stats()).toMatchObject({ keys: 1, segmentBytes: 30, deadBytes: 0 });
  });

  test("what was seen before is shown until everything has been read anew", async () => {
    const { port, disk, arm } = failingDisk(() => {});
    readerOf(disk).closeSync();
    const reader = DataWalReader.openSync("/store", { ...text, fileSystem: port });
    replaceSegment(
      disk,
      Array.from({ length: 50 }, (_, index) => [`key ${index}`, ""]),
    );
    const sizes = new Set<number>();
    arm(() => {
      sizes.add(reader.size);
    });
    await reader.refresh();
    expect([...sizes]).toEqual([2]);
    expect(reader.size).toBe(50);
  });

  test("of two refreshes at once none shows what the other has half read", async () => {
    const { port, disk, arm } = failingDisk(() => {});
    readerOf(disk).closeSync();
    const reader = DataWalReader.openSync("/store", { ...text, fileSystem: port });
    const sizes = new Set<number>();
    arm(() => {
      sizes.add(reader.size);
    });
    const first = reader.refresh();
    replaceSegment(
      disk,
      Array.from({ length: 50 }, (_, index) => [`key ${index}`, ""]),
    );
    await Promise.all([first, reader.refresh(), reader.refresh()]);
    expect([...sizes].filter((size) => size !== 2 && size !== 50)).toEqual([]);
    expect(reader.size).toBe(50);
  });

  test("a refresh that fails in the middle shows what was before, and the next one all", async () => {
    const { port, disk, arm } = failingDisk(() => {});
    readerOf(disk).closeSync();
    const reader = DataWalReader.openSync("/store", { ...text, fileSystem: port });
    replaceSegment(disk, [["c", "3"]]);
    arm(({ operation }) => (operation === "file.readAt" ? { errno: "EIO" } : undefined));
    await expect(reader.refresh()).rejects.toMatchObject({ code: "ERR_DATAWAL_STORE_IO", errno: "EIO" });
    expect([...reader.keys()]).toEqual(["a", "b"]);
    arm(() => {});
    await reader.refresh();
    expect([...reader]).toEqual([["c", "3"]]);
  });

  // New records were taken in as they were read: a refresh that failed behind them had changed what was shown.
  test("a refresh that fails behind new records shows none of them, and the next one all", async () => {
    const { port, disk, arm } = failingDisk(() => {});
    readerOf(disk).closeSync();
    const reader = DataWalReader.openSync("/store", { ...text, fileSystem: port });
    const before = reader.stats();
    const writer = DataWal.openSync("/store", { ...text, fileSystem: disk });
    writer.put("a", "new");
    writer.delete("b");
    writer.rotateSync();
    writer.put("c", "3");
    arm(({ operation, path }) =>
      operation === "open" && path?.endsWith("2.dwal") ? { errno: "EIO" } : undefined,
    );
    await expect(reader.refresh()).rejects.toMatchObject({ code: "ERR_DATAWAL_STORE_IO", errno: "EIO" });
    expect(reader.stats()).toEqual(before);
    expect([...reader]).toEqual([
      ["a", "1"],
      ["b", "2"],
    ]);
    arm(() => {});
    await reader.refresh();
    expect([...reader]).toEqual([
      ["a", "new"],
      ["c", "3"],
    ]);
    expect(writer.stats()).toMatchObject(reader.stats());
    writer.closeSync();
  });

  test("until then a value is the right one or a typed error, never another key's", () => {
    const disk = createSimulatedDisk();
    const reader = readerOf(disk, [["last", "as it was"]]);
    overwrite(disk, SEGMENT, bytesOfSwapped(disk));
    const refusal = expect.objectContaining({
      code: "ERR_DATAWAL_RECORD_MISMATCH",
      key: new TextEncoder().encode("a"),
      actualKey: new TextEncoder().encode("b"),
      segment: 1,
      offset: 0,
    });
    expect(() => reader.get("a")).toThrow(refusal);
    expect(() => [...reader.entries()]).toThrow(refusal);
    expect(() => reader.compactToSync("/compact")).toThrow(refusal);
    expect(() => reader.exportJsonlSync("/export.jsonl")).toThrow(refusal);
    expect(disk.stat("/export.jsonl")).toBeUndefined();
    expect(disk.stat("/compact")).toBeUndefined();
  });

  /** The first two records of the store in the other order: each frame is valid. */
  function bytesOfSwapped(disk: SimulatedDisk): Uint8Array {
    const bytes = bytesOf(disk, SEGMENT);
    return Buffer.concat([bytes.subarray(30, 60), bytes.subarray(0, 30), bytes.subarray(60)]);
  }

  test("a tombstone where a value was is a typed error", () => {
    const disk = createSimulatedDisk();
    const reader = readerOf(disk);
    const log = RecordLog.openSync("/tombstone", { fileSystem: disk });
    log.appendRecord(2, "a", "1");
    log.closeSync();
    const behind = bytesOf(disk, SEGMENT).subarray(30);
    overwrite(disk, SEGMENT, Buffer.concat([bytesOf(disk, "/tombstone/00000001.dwal"), behind]));
    expect(() => reader.get("a")).toThrow(
      expect.objectContaining({ code: "ERR_DATAWAL_RECORD_MISMATCH", actualType: 2 }),
    );
  });

  test("a flipped bit is a typed error", () => {
    const disk = createSimulatedDisk();
    const reader = readerOf(disk);
    const bytes = bytesOf(disk, SEGMENT);
    bytes[25]! ^= 1;
    overwrite(disk, SEGMENT, bytes);
    expect(() => reader.get("a")).toThrow(expect.objectContaining({ code: "ERR_DATAWAL_RECORD_UNREADABLE" }));
    expect(reader.get("b")).toBe("2");
  });

  /** A bit of the first record rots: a repair cuts both, and the same keys are put again. */
  function repair(disk: SimulatedDisk): void {
    const bytes = bytesOf(disk, SEGMENT);
    bytes[25]! ^= 1;
    overwrite(disk, SEGMENT, bytes);
    using writer = DataWal.openSync("/store", { ...text, fileSystem: disk });
    writer.putMany([
      ["a", "3"],
      ["b", "4"],
    ]);
  }

  // What a repair had put into a record's place, of the same length and the same key, was shown as its value.
  test("behind a repair a value is the one that was seen, or the reader says that it is stale", () => {
    const disk = createSimulatedDisk();
    const reader = readerOf(disk);
    expect(reader.get("b")).toBe("2");
    repair(disk);
    const stale = expect.objectContaining({ code: "ERR_DATAWAL_READER_STALE" });
    expect(() => reader.get("b")).toThrow(stale);
    expect(() => [...reader.values()]).toThrow(stale);
    expect(() => reader.compactToSync("/compact")).toThrow(stale);
    expect(() => reader.exportJsonlSync("/export.jsonl")).toThrow(stale);
    expect([disk.stat("/export.jsonl"), disk.stat("/compact")]).toEqual([undefined, undefined]);
    reader.refreshSync();
    expect(reader.get("b")).toBe("4");
  });

  // It went on with the places that it had: each value came from whatever lay there by then.
  test("an iteration that a refresh finds another log under says that it is stale", () => {
    const disk = createSimulatedDisk();
    const reader = readerOf(disk);
    const values = reader.values();
    expect(values.next().value).toBe("1");
    repair(disk);
    reader.refreshSync();
    expect(() => values.next()).toThrow(expect.objectContaining({ code: "ERR_DATAWAL_READER_STALE" }));
    expect([...reader.values()]).toEqual(["3", "4"]);
  });

  test("an export that a refresh finds another log under publishes no mixture of the two", async () => {
    const disk = createSimulatedDisk();
    const reader = readerOf(disk);
    let isRepaired = false;
    const onProgress = () => {
      if (isRepaired) return;
      isRepaired = true;
      repair(disk);
      reader.refreshSync();
    };
    const exported = reader.exportJsonl("/export.jsonl", { onProgress });
    await expect(exported).rejects.toMatchObject({ code: "ERR_DATAWAL_READER_STALE" });
    expect(disk.stat("/export.jsonl")).toBeUndefined();
  });

  // A refresh replaced the log first and the keys' places a few microtasks later: in between each get was answered
  // from a place of the one log in the other.
  test("a refresh shows keys and values of the same log, also to who asks between its steps", async () => {
    const disk = createSimulatedDisk();
    const reader = readerOf(disk);
    expect(reader.get("b")).toBe("2");
    replaceSegment(disk, [
      ["c", "3"],
      ["b", "in another place"],
    ]);
    const seen = new Set<unknown>();
    let isRefreshed = false;
    const refreshed = reader.refresh().finally(() => {
      isRefreshed = true;
    });
    // Turns of the event loop, too: on a busy machine the refresh takes one.
    for (let microtasks = 1; !isRefreshed; microtasks++) {
      seen.add(reader.get("b"));
      await (microtasks % 100 === 0 ? setImmediate() : undefined);
    }
    await refreshed;
    seen.add(reader.get("b"));
    expect([...seen]).toEqual(["2", "in another place"]);
  });

  test("a replaced directory makes the reader stale", async () => {
    const disk = createSimulatedDisk();
    const reader = readerOf(disk);
    disk.rename("/store", "/moved");
    DataWal.openSync("/store", { fileSystem: disk }).closeSync();
    await expect(reader.refresh()).rejects.toMatchObject({ code: "ERR_DATAWAL_READER_STALE" });
  });
});

describe("a reader", () => {
  // Where a segment had been compacted away the reader looked again in the middle: money was there twice, or not at all.
  test("reads many values of one moment, also beside a compaction in place", () => {
    const fileSystem = createSimulatedDisk();
    const store = DataWal.openSync("/store", { ...text, fileSystem, segmentBytesMax: 100 });
    store.put("from", "100");
    store.rotateSync();
    store.put("to", "0");
    store.rotateSync();
    store.put("other", "");
    const reader = DataWalReader.openSync("/store", { ...text, fileSystem });
    expect(reader.get("from")).toBe("100");
    store.batch([
      { type: "put", key: "from", value: "0" },
      { type: "put", key: "to", value: "100" },
    ]);
    store.rotateSync();
    store.compactSync();
    expect(reader.getMany(["from", "to"])).toEqual(["0", "100"]);
  });

  test("sees what a writer would, Raw records and tombstones apart", async () => {
    const fileSystem = createSimulatedDisk();
    writeSample(fileSystem, "/store");
    await using reader = await DataWalReader.open("/store", { ...text, fileSystem });
    expect([...reader].sort()).toEqual(SAMPLE_PAIRS.toSorted());
    expect([reader.size, reader.has("gone"), reader.get("gone"), reader.dir]).toEqual([
      6,
      false,
      undefined,
      "/store",
    ]);
    using writer = DataWal.openSync("/store", { ...text, fileSystem });
    expect(writer.stats()).toMatchObject(reader.stats());
    expect([...reader]).toEqual([...writer]);
  });

  test("refuses a store that is not there, and a codec that is none", () => {
    const fileSystem = createSimulatedDisk();
    expect(() => DataWalReader.openSync("/store", { fileSystem })).toThrow(
      expect.objectContaining({ code: "ERR_DATAWAL_STORE_NOT_FOUND" }),
    );
    expect(() => DataWalReader.openSync("/store", { value: json as never, fileSystem })).toThrow(
      expect.objectContaining({ code: "ERR_DATAWAL_NOT_A_CODEC" }),
    );
  });

  const calls: [string, (reader: DataWalReader<string, string>) => unknown][] = [
    ["get", (reader) => reader.get("a")],
    ["iteration", (reader) => [...reader]],
    ["stats", (reader) => reader.stats()],
    ["scan", (reader) => [...reader.scan()]],
    ["refresh", (reader) => reader.refresh()],
    ["refreshSync", (reader) => reader.refreshSync()],
    ["compactTo", (reader) => reader.compactTo("/target")],
    ["exportJsonlSync", (reader) => reader.exportJsonlSync("/export")],
  ];

  test.each(calls)("that is closed refuses %s", async (_, call) => {
    const { reader } = pair();
    await reader.close();
    reader.closeSync();
    await expect((async () => await call(reader))()).rejects.toMatchObject({ code: "ERR_DATAWAL_CLOSED" });
  });

  test("leaves no descriptor open", async () => {
    const { port } = failingDisk((disk) => writeSample(disk, "/store"));
    for (const close of ["close", "closeSync"] as const) {
      const reader = DataWalReader.openSync("/store", { ...text, fileSystem: port });
      expect([...reader]).toHaveLength(6);
      await reader[close]();
      expect([port.openFileCount, port.heldLockCount]).toEqual([0, 0]);
    }
  });
});
