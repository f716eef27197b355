import { createSimulatedDisk, type SimulatedDisk } from "@datawal/safeatomic/testing";
import {
  DataWal,
  DataWalReader,
  RecordLogReader,
  RecordType,
  snapshotToSync,
  utf8,
  verifyLogSync,
} from "datawal";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { IS_FULL_RUN } from "../../../record-log/test/kit/seeded-random.js";
import { bytesReadOf, countedDisk } from "../kit/counted-disk.js";
import { appendTo } from "../kit/disk-tree.js";

const TEXT = { key: utf8, value: utf8 };
const open = (fileSystem: SimulatedDisk) =>
  DataWal.openSync("/store", { ...TEXT, fileSystem, segmentBytesMax: 150 });
const openReader = (fileSystem: SimulatedDisk) => DataWalReader.openSync("/store", { ...TEXT, fileSystem });
const pairsOf = (store: Iterable<[string, string]>) => Object.fromEntries([...store].sort());

function overwritten() {
  const disk = createSimulatedDisk();
  const store = open(disk);
  for (let round = 0; round < 10; round++) for (const key of "abcd") store.put(key, `${key}${round}`);
  store.put("a", "last");
  return { disk, store, live: pairsOf(store) };
}

describe("a DataWalReader beside compaction in place", () => {
  // The segment that its key directory led to was gone: get failed until somebody called refresh.
  test("gets each value, without a refresh, whatever has been moved since", () => {
    const { disk, store, live } = overwritten();
    const reader = openReader(disk);
    store.compactSync();
    expect(Object.fromEntries([..."abcd"].map((key) => [key, reader.get(key)]))).toEqual(live);
    store.delete("a");
    store.compactSync();
    reader.refreshSync();
    expect(reader.get("a")).toBeUndefined();
  });

  // It read the whole log again.
  test("reads what is new, whatever compaction has removed", () => {
    const { disk, store } = overwritten();
    for (let key = 0; key < 200; key++) store.put(`key${key}`, "lives on, and is not read again");
    const { fileSystem, during } = countedDisk(disk);
    const reader = DataWalReader.openSync("/store", { ...TEXT, fileSystem });
    const known = store.stats().bySegment.at(-1)!.segment;
    store.delete("a");
    expect(store.compactSync().segmentsRemoved).not.toEqual([]);
    const filesRead = Object.keys(bytesReadOf(during(() => reader.refreshSync())));
    const segmentsRead = filesRead
      .filter((path) => path.endsWith(".dwal"))
      .map((path) => Number(path.slice(7, 15)));
    expect(segmentsRead.length).toBeGreaterThan(1);
    expect(Math.min(...segmentsRead)).toBe(known);
    expect(pairsOf(reader)).toEqual(pairsOf(store));
  });

  // What was cut may have superseded what is live again; the segment alone does not tell, since it is gone.
  test("reads everything anew where the newest record that it saw was cut before compaction took its segment", () => {
    const disk = createSimulatedDisk();
    const store = open(disk);
    store.put("b", "in a segment without waste");
    store.rotateSync();
    store.put("a", "");
    store.put("a", "again");
    store.closeSync();
    const path = "/store/00000002.dwal";
    const { size } = disk.stat(path)!;
    const cut = open(disk);
    cut.put("b", "lost");
    cut.closeSync();
    const reader = openReader(disk);
    expect(reader.get("b")).toBe("lost");
    const file = disk.open(path, "append");
    file.truncate(size);
    file.close();
    const again = open(disk);
    expect(again.compactSync().segmentsRemoved).toEqual([2]);
    reader.refreshSync();
    expect(pairsOf(reader)).toEqual(pairsOf(again));
  });

  // It was refused, since a refresh was under way.
  test("gets a value that was moved also while a refresh is under way", async () => {
    const { disk, store, live } = overwritten();
    const reader = openReader(disk);
    const places = new Map([..."abcd"].map((key) => [key, reader.refOf(key)!.segment]));
    const { segmentsRemoved } = store.compactSync();
    const [moved] = [..."abcd"].filter((key) => segmentsRemoved.includes(places.get(key)!));
    // What may be an append in flight is waited for.
    const active = store.stats().bySegment.at(-1)!.segment;
    appendTo(disk, `/store/${String(active).padStart(8, "0")}.dwal`, "torn");
    const refreshed = reader.refresh();
    await Promise.resolve();
    expect(reader.get(moved!)).toBe(live[moved!]);
    await refreshed;
    expect(pairsOf(reader)).toEqual(live);
  });

  test("of a segment that was taken away by hand says that it is stale", () => {
    const { disk, store } = overwritten();
    store.closeSync();
    disk.open("/store/99999999.dwal", "create").close();
    const reader = openReader(disk);
    const { segment } = reader.refOf("b")!;
    disk.removeFile(`/store/${String(segment).padStart(8, "0")}.dwal`);
    expect(() => reader.get("b")).toThrow(expect.objectContaining({ code: "ERR_DATAWAL_READER_STALE" }));
  });

  test("sees, by refreshes between any two of its steps, states that the store had, in order", async () => {
    const operation = fc.tuple(fc.constantFrom(..."abcd"), fc.option(fc.string({ maxLength: 30 })));
    await fc.assert(
      fc.asyncProperty(
        fc.array(operation, { maxLength: 40 }),
        fc.array(operation),
        fc.nat(6),
        async (before, beside, every) => {
          const disk = createSimulatedDisk();
          const store = open(disk);
          const apply = ([key, value]: [string, string | null]) =>
            value === null ? store.delete(key) : store.put(key, value);
          before.forEach(apply);
          const reader = openReader(disk);
          let steps = 0;
          const onProgress = () => {
            const next = beside.shift();
            if (next) apply(next);
            for (const key of "abcd") reader.get(key);
            if (steps++ % (every + 1) > 0) return;
            reader.refreshSync();
            expect(pairsOf(reader)).toEqual(pairsOf(store));
            expect(reader.recoveryReport().warnings).toEqual([]);
          };
          await store.compact({ onProgress });
          await store.compact({ onProgress });
          reader.refreshSync();
          expect(pairsOf(reader)).toEqual(pairsOf(store));
          store.closeSync();
        },
      ),
      { numRuns: IS_FULL_RUN ? 60 : 8 },
    );
  });
});

describe("what goes over the log beside compaction in place", () => {
  // It told of gaps where compactions had made some, for as long as the reader was open.
  test("refreshes behind compactions, one behind the other, tell what a fresh reader tells", () => {
    const { disk, store } = overwritten();
    store.compactSync();
    const reader = RecordLogReader.openSync("/store", { fileSystem: disk });
    for (const [number, key] of [..."abcdabc"].entries()) {
      for (let round = 0; round < 5; round++) store.put(key, `${round}`);
      store.put(`kept ${number}`, "");
      store.compactSync();
      reader.refreshSync();
      const fresh = RecordLogReader.openSync("/store", { fileSystem: disk });
      expect(reader.recoveryReport()).toEqual(fresh.recoveryReport());
      expect(reader.recoveryReport().warnings).toEqual([]);
      expect(reader.segments).toEqual(fresh.segments);
    }
  });

  // It had already forgotten the segments, and told nobody again.
  test("an onRemoved that throws ends the refresh, and is told again by the next one", () => {
    const { disk, store } = overwritten();
    const told: (readonly number[] | "reset")[] = [];
    let isFailing = true;
    const onRemoved = (segments: readonly number[]) => {
      if (isFailing) throw new Error("full");
      told.push(segments);
    };
    const onReset = () => void told.push("reset");
    const reader = RecordLogReader.openSync("/store", {
      fileSystem: disk,
      replay: () => {},
      onRemoved,
      onReset,
    });
    store.compactSync();
    expect(() => reader.refreshSync()).toThrow("full");
    isFailing = false;
    reader.refreshSync();
    expect(told).toHaveLength(1);
  });

  test("a place in a segment that was compacted away is stale, not damaged", () => {
    const { disk, store } = overwritten();
    const reader = RecordLogReader.openSync("/store", { fileSystem: disk });
    const [first] = reader.scan();
    store.compactSync();
    reader.refreshSync();
    expect(() => reader.read(first!)).toThrow(expect.objectContaining({ code: "ERR_DATAWAL_READER_STALE" }));
  });

  test("a follower that was to begin where compaction has removed records behind its place is told", async () => {
    const { disk, store } = overwritten();
    const reader = RecordLogReader.openSync("/store", { fileSystem: disk });
    const [from] = reader.scan();
    const followed = reader.follow({ from: from!, pollMs: 1 });
    store.delete("a");
    store.compactSync();
    reader.refreshSync();
    await expect(followed.next()).rejects.toMatchObject({ code: "ERR_DATAWAL_READER_STALE" });
  });

  test("whoever keeps what is replayed, and cannot be told of removals, is reset", () => {
    const { disk, store } = overwritten();
    const keptBy = (told: { onReset?: () => void; onRemoved?: () => void }) => {
      let records = 0;
      const reader = RecordLogReader.openSync("/store", {
        fileSystem: disk,
        replay: () => records++,
        ...told,
      });
      return { reader, records: () => records };
    };
    const told: string[] = [];
    const reset = keptBy({ onReset: () => told.push("reset") });
    const removed = keptBy({ onReset: () => told.push("anew"), onRemoved: () => told.push("removed") });
    store.compactSync();
    for (const { reader } of [reset, removed]) reader.refreshSync();
    expect(told).toEqual(["reset", "removed"]);
    expect(reset.records()).toBe(41 + [...removed.reader.scan()].length);
    expect(removed.records()).toBeLessThan(reset.records());
    expect(removed.reader.recoveryReport()).toEqual(reset.reader.recoveryReport());
  });

  // It went on behind what was gone, and its consumer kept keys that had been deleted.
  test("a follower that was passed is reset, and its consumer has what the store has", async () => {
    const { disk, store } = overwritten();
    store.put("deleted", "later");
    const reader = RecordLogReader.openSync("/store", { fileSystem: disk });
    const copy = new Map<string, string>();
    let resets = 0;
    const onReset = () => {
      resets++;
      copy.clear();
    };
    const followed = reader.follow({ pollMs: 1, onReset });
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    const take = async () => {
      const { type, key, payload } = (await followed.next()).value;
      if (type === RecordType.Put) copy.set(text(key), text(payload));
      else copy.delete(text(key));
    };
    while (copy.get("deleted") === undefined) await take();
    store.delete("deleted");
    for (let round = 0; round < 10; round++) store.put("a", `${round}`);
    store.compactSync();
    store.put("last", "");
    while (!copy.has("last")) await take();
    expect(resets).toBe(1);
    expect(Object.fromEntries([...copy].sort())).toEqual(pairsOf(store));
    store.compactSync();
    store.put("a", "not passed: nothing was removed");
    while (copy.get("a")?.startsWith("not") !== true) await take();
    expect(resets).toBe(1);
    reader.closeSync();
  });

  // Each compaction seals the active segment first, which is where a follower that keeps up stands.
  test("a follower that had read its segment to the end goes on behind it, with no reset", async () => {
    const { disk, store } = overwritten();
    const reader = RecordLogReader.openSync("/store", { fileSystem: disk });
    const followed = reader.follow({ pollMs: 1 });
    for (let record = 0; record < 41; record++) await followed.next();
    const { segment } = store.refOf("a")!;
    store.put("b", "last");
    await followed.next();
    store.put("b", "again");
    await followed.next();
    const { segmentsRemoved } = store.compactSync();
    expect(segmentsRemoved).toContain(segment);
    const next = [];
    for (let record = 0; record < 4; record++) next.push((await followed.next()).value.txid);
    expect(next).toEqual([44n, 45n, 46n, 47n]);
    reader.closeSync();
  });

  test("a follower that had not read its segment to the end, whose last record is a deletion, is told", async () => {
    const { disk, store } = overwritten();
    const reader = RecordLogReader.openSync("/store", { fileSystem: disk });
    const followed = reader.follow({ pollMs: 1 });
    for (let record = 0; record < 41; record++) await followed.next();
    const { segment } = store.refOf("a")!;
    store.delete("a");
    expect(store.compactSync().segmentsRemoved).toContain(segment);
    await expect(followed.next()).rejects.toMatchObject({ code: "ERR_DATAWAL_READER_STALE" });
  });

  test("a follower that was passed and cannot be reset ends", async () => {
    const { disk, store } = overwritten();
    const reader = RecordLogReader.openSync("/store", { fileSystem: disk });
    const followed = reader.follow({ pollMs: 1 });
    for (let record = 0; record < 41; record++) await followed.next();
    for (let round = 0; round < 10; round++) store.put("a", `${round}`);
    store.compactSync();
    await expect(followed.next()).rejects.toMatchObject({ code: "ERR_DATAWAL_READER_STALE" });
  });

  test("snapshots and verifyLog between any two of its steps are whole, and strict recovery opens each", () => {
    const { disk, store, live } = overwritten();
    let copies = 0;
    const onProgress = () => {
      const target = `/copy-${copies++}`;
      expect(snapshotToSync("/store", target, { fileSystem: disk }).warnings).toEqual([]);
      expect(verifyLogSync("/store", { fileSystem: disk })).toMatchObject({
        verdict: "intact",
        report: { warnings: [] },
      });
      using copy = DataWal.openSync(target, { ...TEXT, fileSystem: disk, recover: "strict" });
      expect(pairsOf(copy)).toEqual(live);
    };
    store.compactSync({ onProgress });
    expect(copies).toBeGreaterThan(10);
  });
});
