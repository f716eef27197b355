import { setImmediate as nextTurn } from "node:timers/promises";
import { createSimulatedDisk, type SimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { DataWal, DataWalReader, RecordLog, utf8, verifyLogSync } from "datawal";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { IS_FULL_RUN } from "../../../record-log/test/kit/seeded-random.js";
import { appendTo, bytesOf, textOf } from "../kit/disk-tree.js";
import { pairsOf } from "../kit/sample-store.js";

const TEXT = { key: utf8, value: utf8 };
const open = (fileSystem: SimulatedDisk, segmentBytesMax = 150) =>
  DataWal.openSync("/store", { ...TEXT, fileSystem, segmentBytesMax, recover: "strict" });
const segmentsOn = (disk: SimulatedDisk) =>
  disk.list("/store").filter(({ name }) => name.endsWith(".dwal")).length;
const liveOf = (store: Iterable<[string, string]>) => Object.fromEntries([...store].sort());

/** A store of several segments: 40 puts to 4 keys, and one key that was deleted. */
function overwritten(disk = createSimulatedDisk()) {
  const store = open(disk);
  store.put("gone", "x");
  store.delete("gone");
  for (let round = 0; round < 10; round++) for (const key of "abcd") store.put(key, `${key}${round}`);
  store.put("a", "last");
  return { disk, store, live: liveOf(store) };
}

describe("compaction in place", () => {
  test("leaves the live pairs, and nothing else, in what strict recovery opens", () => {
    const { disk, store, live } = overwritten();
    const before = store.stats();
    const result = store.compactSync();
    expect(result).toMatchObject({
      bytesBefore: before.segmentBytes,
      bytesAfter: before.liveBytes,
    });
    expect(result).toMatchObject({ left: [] });
    expect(store.stats()).toMatchObject({ deadBytes: 0, tombstoneBytes: 0, segmentBytes: before.liveBytes });
    expect(liveOf(store)).toEqual(live);
    store.closeSync();
    expect(textOf(disk, "/store/removed-segments")).toContain(
      `removed 1 1-${result.segmentsRemoved.at(-1)} `,
    );
    expect(verifyLogSync("/store", { fileSystem: disk }).report.warnings).toEqual([]);
    using again = open(disk);
    expect(liveOf(again)).toEqual(live);
  });

  // It appended what was to be moved, could not name the segment, and poisoned the handle, each time.
  test.each(["removed-segments", "removed-segments.new"])(
    "is refused, and nothing is written, where another thing than a marker is named %s",
    (name) => {
      const { disk, store, live } = overwritten();
      disk.makeDirectory(`/store/${name}`);
      const before = store.stats();
      expect(() => store.compactSync()).toThrow(
        expect.objectContaining({
          code: "ERR_DATAWAL_SEGMENT_NOT_A_FILE",
          path: `/store/${name}`,
          actual: "directory",
        }),
      );
      expect(store.stats()).toEqual(before);
      expect(store.isPoisoned).toBe(false);
      disk.removeDirectory(`/store/${name}`);
      store.compactSync();
      expect(liveOf(store)).toEqual(live);
      store.closeSync();
    },
  );

  // It told of a file that it did not find, or appended what was to be moved before it asked whose the store was.
  test.each(["the lock file", "the directory"])(
    "is refused, and nothing is written, where %s was replaced",
    (what) => {
      const { disk, store } = overwritten();
      store.rotateSync();
      if (what === "the lock file") disk.removeFile("/store/.lock");
      else disk.rename("/store", "/moved");
      const before = store.stats();
      expect(() => store.compactSync()).toThrow(
        expect.objectContaining({ code: "ERR_DATAWAL_REPLACED", path: "/store/.lock" }),
      );
      expect(store.stats()).toEqual(before);
      expect(store.isPoisoned).toBe(false);
    },
  );

  test("is what stats() has told of each segment", () => {
    const { disk, store } = overwritten();
    const { bySegment, ...total } = store.stats();
    const sum = (name: "liveBytes" | "deadBytes" | "tombstoneBytes") =>
      bySegment.reduce((bytes, space) => bytes + space[name], 0);
    expect(total).toMatchObject({ liveBytes: sum("liveBytes"), deadBytes: sum("deadBytes") });
    expect(total.tombstoneBytes).toBe(sum("tombstoneBytes"));
    const { segmentsRemoved } = store.compactSync();
    const wasteful = bySegment.filter(({ wasteRatio }) => wasteRatio > 0);
    expect(segmentsRemoved).toEqual(wasteful.map(({ segment }) => segment));
    const { bySegment: after } = store.stats();
    expect(after.every(({ wasteRatio }) => wasteRatio === 0)).toBe(true);
    store.closeSync();
    expect(open(disk).stats().bySegment).toEqual(after);
  });

  test("changes nothing where there is no waste", () => {
    const disk = createSimulatedDisk();
    const store = open(disk);
    for (const key of "abcdefgh") store.put(key, key);
    const { segments } = store.stats();
    expect(store.compactSync()).toMatchObject({ recordsMoved: 0, segmentsRemoved: [], left: [] });
    expect(store.stats().segments).toBe(segments);
    expect(disk.stat("/store/removed-segments")).toBeUndefined();
  });

  test("does nothing in the third run, whatever the first two had to leave behind what they moved", () => {
    const { store } = overwritten();
    store.delete("a");
    for (let times = 0; times < 2; times++) store.compactSync();
    expect(store.compactSync()).toMatchObject({ recordsMoved: 0, segmentsRemoved: [] });
    store.put("e", "e");
    store.compactSync();
    expect(store.stats()).toMatchObject({ tombstoneBytes: 0, deadBytes: 0, keys: 4 });
  });

  test("of a store whose keys are all deleted keeps the newest txid", () => {
    const { disk, store } = overwritten();
    store.clear();
    store.compactSync();
    expect(store.size).toBe(0);
    store.closeSync();
    using log = RecordLog.openSync("/store", { fileSystem: disk });
    expect(log.lastTxid).toBeGreaterThan(46n);
  });

  test("removes empty segments", () => {
    const { store, live } = overwritten();
    for (let times = 0; times < 3; times++) store.rotateSync();
    store.compactSync();
    expect(store.stats().segments).toBeLessThanOrEqual(3);
    expect(liveOf(store)).toEqual(live);
  });

  test("handles the one large segment of a store of the reference", () => {
    const disk = createSimulatedDisk();
    const store = open(disk, 2 ** 26);
    for (let round = 0; round < 50; round++) for (const key of "abcd") store.put(key, `${key}${round}`);
    store.compactSync();
    expect(store.stats()).toMatchObject({ deadBytes: 0, keys: 4 });
  });

  test("leaves a segment with a Raw record, and those behind it", () => {
    const disk = createSimulatedDisk();
    const log = RecordLog.openSync("/store", { fileSystem: disk });
    log.append("raw");
    log.closeSync();
    const { store, live } = overwritten(disk);
    const { left, segmentsRemoved } = store.compactSync();
    expect(segmentsRemoved).toEqual([]);
    expect(left[0]).toMatchObject({ segment: 1, reason: "raw-record" });
    expect(left.slice(1).every(({ reason }) => reason === "behind-raw-record")).toBe(true);
    expect(liveOf(store)).toEqual(live);
  });

  // What came out of a callback was taken for the disk's failure.
  test("an onProgress that fails with an error of the system's ends it, and poisons nothing", async () => {
    for (let call = 0; ; call++) {
      const { store, live } = overwritten();
      let calls = 0;
      const onProgress = () => {
        if (calls++ === call) throw Object.assign(new Error("write EPIPE"), { code: "EPIPE" });
      };
      const outcome = await store.compact({ onProgress }).catch((error: Error) => error.message);
      expect(store.isPoisoned).toBe(false);
      expect(liveOf(store)).toEqual(live);
      await store.close();
      if (typeof outcome !== "string") break;
      expect(outcome).toContain("EPIPE");
    }
  });

  test("tells how far it is, up to all of it", async () => {
    const { store } = overwritten();
    const told: number[] = [];
    await store.compact({
      onProgress: ({ bytesDone, bytesTotal }) => void told.push(bytesDone / bytesTotal),
    });
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect(told.at(-1)).toBe(1);
  });

  // Each waited for the other, and close for both.
  test("that an export waits for, which it waits for, ends with close", async () => {
    const { store } = overwritten();
    const compactions: Promise<unknown>[] = [];
    const onProgress = () => {
      const compacting = store.compact();
      compactions.push(compacting.catch((error: unknown) => error));
      return compacting;
    };
    const exported = store.exportJsonl("/pairs.jsonl", { onProgress }).catch((error: unknown) => error);
    await nextTurn();
    await store.close();
    for (const outcome of [await exported, await compactions[0]])
      expect(outcome).toMatchObject({ code: "ERR_DATAWAL_CLOSED" });
  });

  test("whose own onProgress waits for it ends with close", async () => {
    const { store } = overwritten();
    let calls = 0;
    const onProgress = () => (calls++ > 0 ? store.compact() : undefined);
    const compacting = store.compact({ onProgress }).catch((error: unknown) => error);
    while (calls < 2) await nextTurn();
    await store.close();
    expect(await compacting).toMatchObject({ code: "ERR_DATAWAL_CLOSED" });
  });

  // The lock was free by then, and the marker that was replaced could be another writer's.
  test("writes no marker behind a closeSync that came while it was synced", async () => {
    const disk = createSimulatedDisk();
    const calls: string[] = [];
    const fileSystem = withFaults(disk, ({ operation, path }) => {
      calls.push(`${operation} ${path}`);
      if (operation === "file.fsync" && path.includes("removed-segments")) store.closeSync();
    });
    overwritten(disk).store.closeSync();
    const store = DataWal.openSync("/store", { ...TEXT, fileSystem, segmentBytesMax: 150 });
    await expect(store.compact()).rejects.toMatchObject({ code: "ERR_DATAWAL_CLOSED" });
    const released = calls.lastIndexOf("lock.release /store/.lock");
    expect(released).toBeGreaterThan(0);
    expect(calls.slice(released).filter((call) => call.startsWith("rename"))).toEqual([]);
    expect(disk.list("/store").map(({ name }) => name)).not.toContain("removed-segments");
  });

  test("on this thread beside an export is refused before it writes", async () => {
    const { store } = overwritten();
    const exported = store.exportJsonl("/pairs.jsonl");
    const { segmentBytes } = store.stats();
    expect(() => store.compactSync()).toThrow(expect.objectContaining({ code: "ERR_DATAWAL_REENTRANT" }));
    expect(store.stats().segmentBytes).toBe(segmentBytes);
    await exported;
  });

  test("leaves a segment in the place of which another file was put", () => {
    const disk = createSimulatedDisk();
    const { store } = overwritten(disk);
    const path = "/store/00000001.dwal";
    const onProgress = ({ bytesDone }: { bytesDone: number }) => {
      if (bytesDone === 0 || disk.stat("/was")) return;
      appendTo(disk, "/copy", bytesOf(disk, path));
      disk.rename(path, "/was");
      disk.rename("/copy", path);
    };
    expect(() => store.compactSync({ onProgress })).toThrow(
      expect.objectContaining({ code: "ERR_DATAWAL_SEGMENT_CHANGED" }),
    );
    expect(disk.stat(path)).toBeDefined();
  });

  // A full disk failed an append, which poisoned the handle.
  test("leaves what a full disk has no room for, changes nothing, and takes it once there is some", () => {
    const disk = createSimulatedDisk();
    const { store, live } = overwritten(disk);
    const sizes = () => disk.list("/store").map(({ name }) => [name, disk.stat(`/store/${name}`)!.size]);
    const before = sizes();
    disk.freeBytes = () => 1000;
    const { left, segmentsRemoved } = store.compactSync();
    expect([segmentsRemoved, sizes()]).toEqual([[], before]);
    expect(left.map(({ reason }) => reason)).toEqual(left.map(() => "no-space"));
    disk.freeBytes = () => 64 * 1024;
    const dead = store
      .stats()
      .bySegment.filter(({ liveBytes, tombstoneBytes }) => liveBytes + tombstoneBytes === 0);
    expect(store.compactSync().segmentsRemoved).toEqual(dead.map(({ segment }) => segment));
    disk.freeBytes = () => Infinity;
    store.compactSync();
    expect(store.isPoisoned).toBe(false);
    expect(store.stats().deadBytes).toBe(0);
    expect(liveOf(store)).toEqual(live);
  });

  test("with a minimum of waste leaves the other segments, and the tombstones of what they hold", () => {
    const disk = createSimulatedDisk();
    const store = open(disk);
    for (const key of "abcd") store.put(key, "x".repeat(8));
    store.rotateSync();
    store.put("e", "1");
    store.delete("a");
    store.put("e", "2");
    store.rotateSync();
    store.put("e", "3");
    const { left, segmentsRemoved } = store.compactSync({ minWasteRatio: 0.5 });
    expect([left, segmentsRemoved]).toMatchObject([[{ segment: 1, reason: "little-waste" }], [2]]);
    store.closeSync();
    using again = open(disk);
    expect(again.has("a")).toBe(false);
    for (let times = 0; times < 2; times++) again.compactSync();
    expect(again.stats()).toMatchObject({ deadBytes: 0, tombstoneBytes: 0, keys: 4 });
  });

  test("refuses a minimum that is no share, and starts nothing", async () => {
    const { store } = overwritten();
    const { segments } = store.stats();
    for (const minWasteRatio of [-0.1, 1.1, Number.NaN, "1" as unknown as number]) {
      expect(() => store.compactSync({ minWasteRatio })).toThrow(
        expect.objectContaining({ code: "ERR_DATAWAL_BAD_OPTION", option: "minWasteRatio" }),
      );
      await expect(store.compact({ minWasteRatio })).rejects.toThrow(RangeError);
    }
    expect(store.stats().segments).toBe(segments);
  });

  test("keeps a segment to which another program has appended", () => {
    const { disk, store, live } = overwritten();
    appendTo(disk, "/store/00000001.dwal", "garbage");
    expect(() => store.compactSync()).toThrow(
      expect.objectContaining({ code: "ERR_DATAWAL_SEGMENT_CHANGED" }),
    );
    expect(disk.stat("/store/00000001.dwal")).toBeDefined();
    expect(liveOf(store)).toEqual(live);
  });
});

describe("beside compaction in place", () => {
  test("puts and deletes between any two of its steps are what a Map has", async () => {
    const operation = fc.tuple(fc.constantFrom(..."abcdef"), fc.option(fc.string({ maxLength: 30 })));
    await fc.assert(
      fc.asyncProperty(
        fc.array(operation, { maxLength: 60 }),
        fc.array(operation, { maxLength: 40 }),
        fc.constantFrom(0, 0.3, 0.6),
        async (before, beside, minWasteRatio) => {
          const disk = createSimulatedDisk();
          const store = open(disk);
          const model = new Map<string, string>();
          const apply = ([key, value]: [string, string | null]) => {
            if (value === null) store.delete(key);
            else store.put(key, value);
            if (value === null) model.delete(key);
            else model.set(key, value);
          };
          before.forEach(apply);
          const onProgress = () => {
            const next = beside.shift();
            if (next) apply(next);
            expect(liveOf(store)).toEqual(Object.fromEntries([...model].sort()));
          };
          await store.compact({ minWasteRatio, onProgress });
          store.closeSync();
          using again = open(disk);
          expect(liveOf(again)).toEqual(Object.fromEntries([...model].sort()));
          const { liveBytes, deadBytes, tombstoneBytes } = again.stats();
          again.closeSync();
          expect(store.recoveryReport().warnings).toEqual([]);
          expect(
            verifyLogSync("/store", { fileSystem: disk }).segments.reduce((sum, { size }) => sum + size, 0),
          ).toBe(liveBytes + deadBytes + tombstoneBytes);
        },
      ),
      { numRuns: IS_FULL_RUN ? 150 : 12 },
    );
  });

  test("a second call gets the first one's result, and one on this thread is refused", async () => {
    const { store } = overwritten();
    const first = store.compact();
    const second = store.compact({ minWasteRatio: 1 });
    expect(() => store.compactSync()).toThrow(expect.objectContaining({ code: "ERR_DATAWAL_REENTRANT" }));
    expect(await second).toBe(await first);
    expect(await store.compact()).not.toBe(await first);
  });

  test("an abort ends it between records, and the next run goes on", async () => {
    const { disk, store, live } = overwritten();
    for (let step = 0; step < 30; step++) {
      const ending = new AbortController();
      let steps = 0;
      const onProgress = () => {
        if (++steps > step) ending.abort(new Error("enough"));
      };
      const run = store.compact({ signal: ending.signal, onProgress });
      await run.catch((error: Error) => expect(error.message).toBe("enough"));
      expect(store.isPoisoned).toBe(false);
      expect(liveOf(store)).toEqual(live);
    }
    store.compactSync();
    expect(store.stats()).toMatchObject({ deadBytes: 0, tombstoneBytes: 0 });
    store.closeSync();
    using again = open(disk);
    expect(liveOf(again)).toEqual(live);
  });

  test.each([0, 1, 5, 20, 40])(
    "close() ends it with ERR_DATAWAL_CLOSED, %i turns after it began",
    async (turns) => {
      const { disk, store, live } = overwritten();
      const run = store.compact({ onProgress: () => nextTurn() }).then(
        () => "done",
        (error: { code: string }) => error.code,
      );
      for (let turn = 0; turn < turns; turn++) await nextTurn();
      await store.close();
      expect(await run).toBe("ERR_DATAWAL_CLOSED");
      using again = open(disk);
      expect(liveOf(again)).toEqual(live);
    },
  );

  test("closeSync() while it waits lets it remove nothing more", async () => {
    for (let turns = 0; turns < 40; turns++) {
      const { disk, store, live } = overwritten();
      const run = store.compact().catch((error: { code: string }) => error.code);
      for (let turn = 0; turn < turns / 2; turn++) await (turns % 2 > 0 ? nextTurn() : Promise.resolve());
      store.closeSync();
      const segments = segmentsOn(disk);
      await run;
      expect(segmentsOn(disk)).toBe(segments);
      using again = open(disk);
      expect(liveOf(again)).toEqual(live);
    }
  });

  // A snapshot holds places: a segment that it had not yet read was gone, and the export ended half way.
  test("an export and a copy that were begun before have all that was live, and it waits for them", async () => {
    const { disk, store, live } = overwritten();
    const turn = () => nextTurn();
    const exported = store.exportJsonl("/export", { onProgress: turn });
    const copied = store.compactTo("/copy", { onProgress: turn });
    expect(() => store.compactSync()).toThrow(expect.objectContaining({ code: "ERR_DATAWAL_REENTRANT" }));
    await Promise.all([store.compact(), exported, copied]);
    expect(Object.fromEntries(pairsOf(disk, "/copy"))).toEqual(live);
    expect(textOf(disk, "/export").trim().split("\n")).toHaveLength(4);
  });

  test("an iteration goes on, and a scan that begins at a place that is gone begins behind it", async () => {
    const { store, live } = overwritten();
    const ref = store.refOf("b")!;
    const iteration = store.entries();
    const first = iteration.next().value!;
    await store.compact();
    expect(liveOf([first, ...iteration])).toEqual(live);
    expect(store.refOf("b")).not.toEqual(ref);
    expect([...store.scan({ from: ref })]).toHaveLength(4);
  });

  test("keys() keeps its order, and once opened again has those that were moved where they were moved to", () => {
    const disk = createSimulatedDisk();
    const store = open(disk, 2 ** 20);
    for (const key of "abc") store.put(key, "1");
    store.rotateSync();
    for (const key of "dec") store.put(key, "2");
    store.rotateSync();
    store.put("f", "3");
    store.compactSync();
    expect([...store.keys()].map(String)).toEqual([..."abcdef"]);
    store.closeSync();
    using again = open(disk);
    expect([...again.keys()].map(String)).toEqual(["d", "e", "c", "f", "a", "b"]);
  });

  test("a reader that is opened at any of its steps has the live pairs", async () => {
    const { disk, store, live } = overwritten();
    const onProgress = () => {
      using reader = DataWalReader.openSync("/store", { ...TEXT, fileSystem: disk });
      expect(liveOf(reader)).toEqual(live);
    };
    await store.compact({ onProgress });
  });
});
