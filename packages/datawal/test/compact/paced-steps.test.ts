// A background compaction gets no turn where a program puts in a loop, and too few where it gives one now and then and each
// sync takes long: 2,000,000 overwrites of 100 MiB left 680 MB without a turn, and 390 MB with one after each 1,000.
import { setImmediate as nextTurn } from "node:timers/promises";
import { runAsync, type Steps } from "@datawal/safeatomic/internal";
import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { DataWal, utf8 } from "datawal";
import { describe, expect, test, vi } from "vitest";
import { PacedSteps } from "../../src/compact/paced-steps.js";
import { failingDisk } from "../kit/port-failures.js";

const KEYS = 2000;
const SEGMENT = 64 * 1024;
const OPTIONS = { key: utf8, value: utf8, segmentBytesMax: SEGMENT };
const AUTO = { autoCompact: { minWasteBytes: 4 * SEGMENT } };

function filled(fileSystem = createSimulatedDisk()) {
  const store = DataWal.openSync("/store", { ...OPTIONS, ...AUTO, fileSystem });
  for (let key = 0; key < KEYS; key++) store.put(`key-${key}`, "x".repeat(200));
  return { store, fileSystem, liveBytes: store.stats().liveBytes };
}

/** Numbers below KEYS. */
function draws() {
  let seed = 1;
  return () => {
    seed = (Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) >>> 0;
    return (seed >>> 8) % KEYS;
  };
}

describe("autoCompact keeps a store small", () => {
  test.each([
    ["puts", 1],
    ["batches", 500],
  ])("beside %s without a turn of the event loop", async (_name, batch) => {
    const { store, fileSystem, liveBytes } = filled();
    const draw = draws();
    const expected = new Map<string, string>();
    let bytesMax = 0;
    for (let n = 0; n < 6000; n += batch) {
      const pairs = Array.from(
        { length: batch },
        (_, at) => [`key-${draw()}`, `${n + at}`.padEnd(200)] as const,
      );
      if (batch === 1) store.put(...pairs[0]!);
      else store.putMany(pairs);
      for (const [key, value] of pairs) expected.set(key, value);
      if (n % 50 === 0) bytesMax = Math.max(bytesMax, store.stats().segmentBytes);
    }
    expect(bytesMax).toBeLessThan(2.5 * liveBytes + 2 * SEGMENT);
    await store.close();
    const again = DataWal.openSync("/store", { ...OPTIONS, fileSystem, recover: "strict" });
    expect(again.size).toBe(KEYS);
    for (const [key, value] of expected) expect(again.get(key)).toBe(value);
    again.closeSync();
  });
});

/** Overwrites keys, and gives no turn. */
function flood(store: DataWal<string, string>, count: number) {
  const draw = draws();
  for (let n = 0; n < count; n++) store.put(`key-${draw()}`, "y".repeat(200));
}

describe("a compaction that puts take further", () => {
  test("waits off this thread for an export that has begun, and goes on behind it", async () => {
    const { store } = filled();
    let goOn = () => {};
    const exported = store.exportJsonl("/export.jsonl", {
      onProgress: () => new Promise<void>((resolve) => (goOn = resolve)),
    });
    await nextTurn();
    flood(store, 5000);
    expect(store.stats().lastCompaction).toBeUndefined();
    const grown = store.stats().segmentBytes;
    let isOver = false;
    void exported.finally(() => (isOver = true));
    while (!isOver || !store.stats().lastCompaction) {
      goOn();
      await nextTurn();
    }
    expect(store.stats().lastCompaction).toHaveProperty("result");
    expect(store.stats().segmentBytes).toBeLessThan(grown);
    await store.close();
  });

  test("fails as one beside: the put that took it there has put, the next one is refused", () => {
    const failing = failingDisk(() => {});
    const { store } = filled(failing.port as never);
    failing.arm(({ operation }) => (operation === "removeFile" ? { errno: "EIO" } : undefined));
    expect(() => flood(store, 5000)).toThrow(expect.objectContaining({ code: "ERR_DATAWAL_POISONED" }));
    expect(store.stats().lastCompaction).toMatchObject({ error: { code: "ERR_DATAWAL_DROP_FAILED" } });
    store.closeSync();
  });

  test("ends with the store, wherever puts had taken it, and changes nothing behind that", async () => {
    for (let count = 2400; count < 3000; count += 100) {
      const { store, fileSystem } = filled();
      flood(store, count);
      const live = new Map(store.entries());
      store.closeSync();
      const names = fileSystem.list("/store");
      for (let turn = 0; turn < 20; turn++) await nextTurn();
      expect(fileSystem.list("/store")).toEqual(names);
      const again = DataWal.openSync("/store", { ...OPTIONS, fileSystem, recover: "strict" });
      expect(new Map(again.entries())).toEqual(live);
      again.closeSync();
    }
  });

  test("is shared by compact(), unless it is over", async () => {
    const { store } = filled();
    flood(store, 5000);
    const { segmentBytes, liveBytes } = store.stats();
    expect(segmentBytes).toBeGreaterThan(liveBytes);
    await store.compact();
    const before = store.stats().segmentBytes;
    await store.compact();
    expect(store.stats().segmentBytes).toBeLessThanOrEqual(before);
    expect(store.stats().segmentBytes).toBeLessThan(liveBytes + 2 * SEGMENT);
    await store.close();
  });
});

// The marker's progress was taken for that of the whole: each of its syncs was waited for on the writer's thread.
test("what is ahead waits off the thread, whatever its parts tell of their own progress", async () => {
  const waits: string[] = [];
  function* inner(): Steps<void> {
    yield { kind: "progress", bytesDone: 1_000_000, bytesTotal: 2_000_000 };
    yield { kind: "progress", bytesDone: 0, bytesTotal: 40 };
    yield { kind: "wait", wait: () => waits.push("beside"), waitSync: () => waits.push("here") };
  }
  let appendedBytes = 0;
  const paced = new PacedSteps(inner(), 2, () => appendedBytes, vi.fn());
  const run = runAsync(paced.steps());
  appendedBytes = 200_000;
  paced.push();
  await run;
  expect(waits).toEqual(["beside"]);
});
