import { encodeRecord, RecordType } from "@datawal/format";
import { GROUP_KEY } from "@datawal/format/internal";
import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { type AutoCompactOptions, DataWal, type LogPosition, RecordLogReader, utf8 } from "datawal";
import { describe, expect, test } from "vitest";
import { appendTo } from "../kit/disk-tree.js";

const TEXT = { key: utf8, value: utf8 };
const SEGMENT = "/store/00000001.dwal";
const pairsOf = (store: Iterable<[string, string]>) => Object.fromEntries([...store].sort());
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

// The record with the largest txid was appended again, whatever had come behind it: a live value went back to an older one.
describe("a log whose txids are not in order keeps its live pairs where the largest is of", () => {
  const [{ Put, Delete }, none] = [RecordType, ""] as const;
  test.each([
    ["a superseded Put", Put, "old", [Put, 5n, "k", "new"], { k: "new" }],
    ["a superseded Delete", Delete, none, [Put, 5n, "k", "new"], { k: "new" }],
    ["a deleted Put", Put, "old", [Delete, 5n, "k", none], {}],
  ] as const)("%s", (_, type, value, [laterType, laterTxid, key, laterValue], live) => {
    const disk = createSimulatedDisk();
    DataWal.openSync("/store", { fileSystem: disk }).closeSync();
    appendTo(disk, SEGMENT, encodeRecord({ type, txid: 100n, key: "k", payload: value }));
    appendTo(disk, SEGMENT, encodeRecord({ type: laterType, txid: laterTxid, key, payload: laterValue }));
    const store = DataWal.openSync("/store", { ...TEXT, fileSystem: disk });
    expect(store.compactSync().segmentsRemoved).toEqual([1]);
    expect(pairsOf(store)).toEqual(live);
    store.closeSync();
    const again = DataWal.openSync("/store", { ...TEXT, fileSystem: disk });
    expect(pairsOf(again)).toEqual(live);
    expect(again.recoveryReport().lastTxidSeen).toBeGreaterThan(100n);
  });
});

// Each compaction tried to append it again, which no writer may, and failed.
test("a Put of the key of groups' heads, which another program has made, stays where it is until a group deletes it", () => {
  const disk = createSimulatedDisk();
  DataWal.openSync("/store", { fileSystem: disk }).closeSync();
  const frames = [GROUP_KEY, "k", "k"].map((key, index) =>
    encodeRecord({ type: RecordType.Put, txid: BigInt(index + 1), key, payload: "a" }),
  );
  for (const frame of frames) appendTo(disk, SEGMENT, frame);
  const store = DataWal.openSync("/store", { ...TEXT, fileSystem: disk });
  expect(store.compactSync()).toMatchObject({
    segmentsRemoved: [],
    left: [{ segment: 1, reason: "raw-record" }],
  });
  expect([...store.values()]).toEqual(["a", "a"]);
  store.batch(["a", "b"].map((key) => ({ type: "put", key, value: "c" })));
  expect(store.compactSync()).toMatchObject({ left: [] });
  expect(pairsOf(store)).toEqual({ a: "c", b: "c", k: "a" });
  store.closeSync();
});

// A bigint threw from a put that had been written; a string was taken, and each compaction refused it later.
test.each([
  { minWasteRatio: "0.5" },
  { minWasteRatio: [0.5] },
  { minWasteBytes: 10n },
  { minWasteBytes: "8" },
  { minWasteBytes: null },
])("autoCompact refuses %o at once", (autoCompact) => {
  const given = autoCompact as unknown as AutoCompactOptions;
  expect(() => DataWal.openSync("/store", { fileSystem: createSimulatedDisk(), autoCompact: given })).toThrow(
    expect.objectContaining({ code: "ERR_DATAWAL_BAD_OPTION" }),
  );
});

function follower(disk: ReturnType<typeof createSimulatedDisk>, from?: LogPosition) {
  const reader = RecordLogReader.openSync("/store", { fileSystem: disk });
  const copy = new Map<string, string>();
  const onReset = () => copy.clear();
  const followed = reader.follow({ pollMs: 1, onReset, from });
  return {
    copy,
    async until(name: string, value: string) {
      while (copy.get(name) !== value) {
        const { type, key, payload } = (await followed.next()).value;
        if (type === RecordType.Put) copy.set(textOf(key), textOf(payload));
        else copy.delete(textOf(key));
      }
    },
  };
}

describe("a follower beside compactions", () => {
  // The next txid followed: it was the one of what had been put in the place of what it had shown.
  test("is reset where its last record was cut before its segment was removed", async () => {
    const disk = createSimulatedDisk();
    const store = DataWal.openSync("/store", { ...TEXT, fileSystem: disk });
    store.put("b", "in a segment without waste");
    store.rotateSync();
    store.put("a", "");
    store.put("a", "again");
    store.closeSync();
    const path = "/store/00000002.dwal";
    const { size } = disk.stat(path)!;
    const cut = DataWal.openSync("/store", { ...TEXT, fileSystem: disk });
    cut.put("b", "lost");
    cut.closeSync();
    const { copy, until } = follower(disk);
    await until("b", "lost");
    const file = disk.open(path, "append");
    file.truncate(size);
    file.close();
    const again = DataWal.openSync("/store", { ...TEXT, fileSystem: disk });
    again.put("c", "has the txid of what was lost");
    expect(again.compactSync().segmentsRemoved).toEqual([2]);
    again.put("last", "");
    await until("last", "");
    expect(Object.fromEntries([...copy].sort())).toEqual(pairsOf(again));
  });

  // It began with the next segment, and its consumer kept what had been deleted in between.
  test("that goes on at a place that it has kept is told where its segment, or a later one, is gone", async () => {
    const disk = createSimulatedDisk();
    const store = DataWal.openSync("/store", { ...TEXT, fileSystem: disk });
    store.put("a", "1");
    const { segment, offset, len } = store.refOf("a")!;
    const end = { segment, offset: offset + len };
    store.rotateSync();
    store.put("b", "1");
    store.put("b", "2");
    expect(store.compactSync().segmentsRemoved).toEqual([2]);
    const reader = RecordLogReader.openSync("/store", { fileSystem: disk });
    const code = "ERR_DATAWAL_READER_STALE";
    await expect(reader.follow({ from: end }).next()).rejects.toMatchObject({ code });
    const { copy, until } = follower(disk, { segment: 3, offset: 0 });
    await until("b", "2");
    store.delete("a");
    expect(store.compactSync().segmentsRemoved).toContain(1);
    reader.refreshSync();
    await expect(reader.follow({ from: end }).next()).rejects.toMatchObject({ code });
    expect(copy).toEqual(new Map([["b", "2"]]));
  });
});
