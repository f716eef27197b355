import { CRC_LEN, recordWireSize } from "@datawal/format";
import { createSimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { DataWal, RecordLog, verifyLogSync } from "datawal";
import { describe, expect, test } from "vitest";
import { IS_FULL_RUN } from "../../record-log/test/kit/seeded-random.js";
import { bytesReadOf, countedDisk, operationsOf } from "./kit/counted-disk.js";
import { heapGrowthOf } from "./kit/heap-growth.js";

// Work is counted, not timed: a count is the same on every machine, and its growth is a regression on each of them.

const KEY = "key-000000000001";
const VALUE = new Uint8Array(256);
const FRAME_LEN = recordWireSize(KEY.length, VALUE.length);

function* pairs(count: number): Generator<[string, Uint8Array]> {
  for (let number = 0; number < count; number++) yield [keyOf(number), VALUE];
}

function keyOf(number: number): string {
  return `key-${String(number).padStart(12, "0")}`;
}

function openStore(options: { segmentBytesMax?: number; cacheBytes?: number } = {}) {
  const disk = countedDisk();
  const store = DataWal.openSync("/store", { ...options, fileSystem: disk.fileSystem });
  return { ...disk, store };
}

describe("writing", () => {
  test.each([
    ["a put", (store: DataWal) => store.put(KEY, VALUE)],
    ["a delete", (store: DataWal) => void store.delete(KEY)],
    ["putMany of 1,000 pairs", (store: DataWal) => store.putMany(pairs(1000))],
    ["a batch", (store: DataWal) => store.batch([{ type: "delete", key: KEY }])],
  ])("%s is one write", (_, write) => {
    const { store, during } = openStore();
    store.put(KEY, VALUE);
    expect(operationsOf(during(() => write(store)))).toEqual(["file.append"]);
  });

  test("a deletion of what is not there is none", () => {
    const { store, during } = openStore();
    store.put("another", VALUE);
    expect(during(() => store.delete(KEY))).toEqual([]);
    expect(during(() => store.batch([{ type: "delete", key: KEY }]))).toEqual([]);
  });

  test("a put writes the bytes of its frame and no more", () => {
    const { store, during } = openStore();
    expect(during(() => store.put(KEY, VALUE))).toMatchObject([{ byteCount: FRAME_LEN }]);
  });

  test("a large value is one gathered write", () => {
    const { store, during } = openStore();
    const calls = during(() => store.put(KEY, new Uint8Array(1 << 20)));
    expect(operationsOf(calls)).toEqual(["file.appendParts"]);
  });

  test("an append and appendMany of 1,000 records are one write each", () => {
    const { fileSystem, during } = countedDisk();
    const log = RecordLog.openSync("/store", { fileSystem });
    expect(operationsOf(during(() => void log.append(VALUE)))).toEqual(["file.append"]);
    const many = during(() => void log.appendMany(Array(1000).fill(VALUE)));
    expect(operationsOf(many)).toEqual(["file.append"]);
  });
});

test("a second write and a second read would be seen", () => {
  let isFirst = true;
  const halving = withFaults(createSimulatedDisk(), ({ operation, byteCount = 0 }) => {
    const isHalved = isFirst && (operation === "file.append" || operation === "file.readAt") && byteCount > 1;
    isFirst &&= !isHalved;
    return isHalved ? { count: byteCount >> 1 } : undefined;
  });
  const { fileSystem, during } = countedDisk(halving);
  const store = DataWal.openSync("/store", { fileSystem });
  expect(operationsOf(during(() => store.put(KEY, VALUE)))).toEqual(["file.append", "file.append"]);
  store.get(KEY);
  isFirst = true;
  expect(bytesReadOf(during(() => void store.get(KEY)))).not.toEqual({ "/store/00000001.dwal": FRAME_LEN });
});

describe("syncing", () => {
  // The look by path: the file is still the one that was appended to, with what was appended.
  test("fsync is one sync, one look and the note of it, whatever was written", async () => {
    const { store, duringAsync } = openStore();
    store.putMany(pairs(1000));
    const calls = await duringAsync(() => store.fsync());
    expect(operationsOf(calls)).toEqual(["file.fsync", "stat", "lock.writeNote"]);
  });

  test("fsyncSync is one sync, one look and the note of it", () => {
    const { store, during } = openStore();
    store.put(KEY, VALUE);
    expect(operationsOf(during(() => store.fsyncSync()))).toEqual([
      "file.fsyncSync",
      "stat",
      "lock.writeNote",
    ]);
  });

  test("with nothing new neither makes a call", async () => {
    const { store, during, duringAsync } = openStore();
    store.put(KEY, VALUE);
    store.fsyncSync();
    expect(during(() => store.fsyncSync())).toEqual([]);
    expect(await duringAsync(() => store.fsync())).toEqual([]);
  });

  test("64 callers that append and wait share one sync", async () => {
    const { store, duringAsync } = openStore();
    const caller = (number: number) => {
      store.put(keyOf(number), VALUE);
      return store.fsync();
    };
    const calls = await duringAsync(async () => {
      await Promise.all(Array.from({ length: 64 }, (_, number) => caller(number)));
    });
    // The first caller's sync was under way before the others came.
    expect(operationsOf(calls).filter((operation) => operation === "file.fsync")).toHaveLength(2);
  });
});

describe("reading", () => {
  test("a get of what was put last is no call", () => {
    const { store, during } = openStore();
    store.putMany(pairs(100));
    store.put("single", VALUE);
    expect(during(() => void [store.get(keyOf(50)), store.get("single")])).toEqual([]);
  });

  test("a get of another is one read of the frame's bytes", () => {
    const { store, during } = openStore({ cacheBytes: 0 });
    store.putMany(pairs(100));
    // The first one opens the segment.
    store.get(keyOf(0));
    const calls = during(() => void store.get(keyOf(50)));
    expect(calls).toMatchObject([{ operation: "file.readAt", byteCount: FRAME_LEN }]);
  });

  test("what the key directory knows costs no call", () => {
    const { store, during } = openStore();
    store.putMany(pairs(100));
    const calls = during(() => {
      store.get("absent");
      store.has(keyOf(1));
      store.refOf(keyOf(1));
      store.stats();
      expect([...store.keys()]).toHaveLength(100);
    });
    expect(calls).toEqual([]);
  });
});

describe("passes over the log", () => {
  /** Four segments, three of them larger than a chunk. */
  function filled() {
    const disk = createSimulatedDisk();
    const store = DataWal.openSync("/store", { fileSystem: disk, segmentBytesMax: 1_700_000 });
    for (let index = 0; index < 16; index++) store.putMany(pairs(1000));
    const segments = disk.list("/store").filter(({ name }) => name.endsWith(".dwal"));
    store.closeSync();
    const sizes = segments.map(({ name }) => [`/store/${name}`, disk.stat(`/store/${name}`)!.size] as const);
    expect(sizes.length).toBe(4);
    return { ...countedDisk(disk), sizes: Object.fromEntries(sizes) };
  }

  /** Reads of segments, without the lock's note. */
  function segmentBytes(calls: Parameters<typeof bytesReadOf>[0]) {
    // Without a lock the CRC before each piece is asked once more: it stands still.
    const isPiece = ({ byteCount }: { byteCount?: number }) => byteCount !== CRC_LEN;
    return bytesReadOf(calls.filter((call) => call.path.endsWith(".dwal") && isPiece(call)));
  }

  test.each([
    ["opening for writing", (options) => DataWal.openSync("/store", options).closeSync()],
    ["verifyLog", (options) => void verifyLogSync("/store", options)],
  ] as [string, (options: { fileSystem: ReturnType<typeof filled>["fileSystem"] }) => void][])(
    "%s reads each byte once",
    (_, pass) => {
      const { fileSystem, sizes, during } = filled();
      expect(segmentBytes(during(() => pass({ fileSystem })))).toEqual(sizes);
    },
  );

  test("reads are large: no more than eight a mebibyte and two a segment", () => {
    const { fileSystem, sizes, during } = filled();
    const calls = during(() => DataWal.openSync("/store", { fileSystem }).closeSync());
    const reads = calls.filter(({ operation, path }) => operation === "file.readAt" && path in sizes);
    const mebibytes = Object.values(sizes).reduce((sum, size) => sum + size, 0) / 2 ** 20;
    expect(reads.length).toBeLessThanOrEqual(8 * mebibytes + 2 * Object.keys(sizes).length);
  });
});

describe("descriptors", () => {
  test("an open store holds two and the lock, a closed one nothing", () => {
    const { store, fileSystem } = openStore();
    expect([fileSystem.openFileCount, fileSystem.heldLockCount]).toEqual([2, 1]);
    store.closeSync();
    expect([fileSystem.openFileCount, fileSystem.heldLockCount]).toEqual([0, 0]);
  });

  test("however many segments are read from, at most 16 are open for it", () => {
    const { store, fileSystem } = openStore({ segmentBytesMax: FRAME_LEN, cacheBytes: 0 });
    for (const [key, value] of pairs(40)) store.put(key, value);
    for (const [key] of pairs(40)) store.get(key);
    expect(store.stats().segments).toBe(40);
    expect(fileSystem.openFileCount).toBe(2 + 16);
    store.closeSync();
    expect(fileSystem.openFileCount).toBe(0);
  });
});

// A view of the key, where it has to be copied, or of the value, and a place: 149 bytes each when this was written.
test.runIf(IS_FULL_RUN).each(["put", "get"])("a %s allocates at most 160 bytes on V8's heap", (operation) => {
  expect(heapGrowthOf(`./heap/${operation}.js`)).toBeLessThanOrEqual(160);
});

test.runIf(IS_FULL_RUN)("opening a store allocates at most a byte on V8's heap for each record", () => {
  expect(heapGrowthOf("./heap/open.js")).toBeLessThanOrEqual(1);
});
