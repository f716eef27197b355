import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { setImmediate as nextTurn } from "node:timers/promises";
import { recordWireSize } from "@datawal/format";
import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { type AutoCompactOptions, type CompactionInPlaceResult, DataWal, utf8 } from "datawal";
import { describe, expect, onTestFinished, test } from "vitest";
import { failingDisk } from "../kit/port-failures.js";

const KEYS = 400;
const SEGMENT = 8 * 1024;

/** What compactions told of while this test runs. */
interface Told {
  directory: string;
  result?: CompactionInPlaceResult;
}

function told(): Told[] {
  const messages: Told[] = [];
  const note = (message: unknown) => void messages.push(message as Told);
  subscribe("datawal:compaction", note);
  onTestFinished(() => void unsubscribe("datawal:compaction", note));
  return messages;
}

function opened(autoCompact: boolean | AutoCompactOptions | undefined, fileSystem = createSimulatedDisk()) {
  const options = { key: utf8, value: utf8, segmentBytesMax: SEGMENT, fileSystem, autoCompact };
  const store = DataWal.openSync("/store", options);
  for (let key = 0; key < KEYS; key++) store.put(`key-${key}`, "x".repeat(100));
  return { store, fileSystem };
}

/** Overwrites keys at random, with a turn now and then; returns bytes that were put and the most that lay on disk. */
async function overwrite(store: DataWal<string, string>, count: number) {
  const { liveBytes } = store.stats();
  let bytesPut = 0;
  let [seed, bytesMax] = [1, 0];
  for (let n = 0; n < count; n++) {
    seed = (Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) >>> 0;
    store.put(`key-${(seed >>> 8) % KEYS}`, "x".repeat(100));
    bytesPut += recordWireSize(`key-${(seed >>> 8) % KEYS}`.length, 100);
    if (n % 2 > 0) continue;
    await nextTurn();
    bytesMax = Math.max(bytesMax, store.stats().segmentBytes);
  }
  return { bytesPut, liveBytes, bytesMax };
}

// An operator who watched the channel did not see what a nightly job had asked for.
test("a compaction that was asked for is told as well, whichever way it ends, and once", async () => {
  const { store } = opened(undefined);
  const messages = told();
  for (let key = 0; key < KEYS; key++) store.put(`key-${key}`, "y");
  const results = [await store.compact(), store.compactSync()];
  const aborted = store.compact({ signal: AbortSignal.abort("enough") });
  await expect(aborted).rejects.toBe("enough");
  await nextTurn();
  const directory = "/store";
  expect(messages).toEqual([
    ...results.map((result) => ({ directory, result })),
    { directory, error: "enough" },
  ]);
  expect(messages[0]!.result).not.toBe(results[0]);
  await store.close();
});

test("what was refused is no compaction, and not told", async () => {
  const { store } = opened(undefined);
  const messages = told();
  expect(() => store.compactSync({ minWasteRatio: 7 })).toThrow(RangeError);
  for (let key = 0; key < KEYS; key++) store.put(`key-${key}`, "y");
  const first = store.compact();
  expect(() => store.compactSync()).toThrow(expect.objectContaining({ code: "ERR_DATAWAL_REENTRANT" }));
  await first;
  await store.close();
  await expect(store.compact()).rejects.toMatchObject({ code: "ERR_DATAWAL_CLOSED" });
  await nextTurn();
  expect(messages).toHaveLength(1);
});

describe("autoCompact", () => {
  test("keeps the store under 2.5 times what is live, and writes no more than 1.6 times what is put", async () => {
    const { store } = opened({ minWasteBytes: 2 * SEGMENT });
    const messages = told();
    const { bytesPut, liveBytes, bytesMax } = await overwrite(store, 8000);
    const moved = messages.reduce((sum, { result }) => sum + result!.bytesMoved, 0);
    expect(messages.length).toBeGreaterThan(5);
    expect(bytesMax).toBeLessThan(2.5 * liveBytes + 2 * SEGMENT);
    expect((bytesPut + moved) / bytesPut).toBeLessThan(1.6);
    expect(store.stats().lastCompaction).toEqual({ result: messages.at(-1)!.result });
    await store.close();
  });

  test("does nothing where it is not asked for, and nothing below its minimum", async () => {
    for (const autoCompact of [undefined, false, true, { minWasteRatio: 0.99 }]) {
      const { store } = opened(autoCompact);
      await overwrite(store, 1000);
      expect(store.stats().lastCompaction).toBeUndefined();
      await store.close();
    }
  });

  test("follows itself no sooner than as much was written as it has moved, whatever it could not free", async () => {
    const { store } = opened({ minWasteRatio: 0.1, minWasteBytes: SEGMENT });
    const messages = told();
    for (let key = 0; key < KEYS; key++) store.delete(`key-${key}`);
    const { bytesPut } = await overwrite(store, 2000);
    const moved = messages.reduce((sum, { result }) => sum + result!.bytesMoved, 0);
    expect(moved).toBeLessThan(2 * bytesPut);
    await store.close();
  });

  // One old segment, nearly all live, kept the tombstones of all keys that came and went.
  test("does not gather tombstones, whatever lives on", async () => {
    const { store } = opened({ minWasteBytes: SEGMENT });
    store.delete("key-0");
    let bytesMax = 0;
    for (let job = 0; job < 8000; job++) {
      store.put(`job-${job}`, "x".repeat(50));
      store.delete(`job-${job}`);
      if (job % 4 === 0) await nextTurn();
      bytesMax = Math.max(bytesMax, store.stats().segmentBytes);
    }
    expect(bytesMax).toBeLessThan(4 * store.stats().liveBytes);
    await store.close();
  });

  // It waited until the store was as large again as it had been.
  test("goes on behind a compaction that somebody asked for", async () => {
    const { store } = opened({ minWasteBytes: SEGMENT });
    await overwrite(store, 2000);
    for (let key = 40; key < KEYS; key++) store.delete(`key-${key}`);
    for (let times = 0; times < 2; times++) await store.compact();
    let bytesMax = 0;
    for (let put = 0; put < 1600; put++) {
      store.put(`key-${put % 40}`, "x".repeat(100));
      await nextTurn();
      bytesMax = Math.max(bytesMax, store.stats().segmentBytes);
    }
    expect(bytesMax).toBeLessThan(2.5 * store.stats().liveBytes + 6 * SEGMENT);
    await store.close();
  });

  test("tells of a failure, which poisons as that of any write", async () => {
    const failing = failingDisk(() => {});
    const { store } = opened({ minWasteBytes: SEGMENT }, failing.port as never);
    const messages = told();
    failing.arm(({ operation }) => (operation === "removeFile" ? { errno: "EIO" } : undefined));
    await expect(overwrite(store, 4000)).rejects.toMatchObject({ code: "ERR_DATAWAL_POISONED" });
    const failures = messages.filter(({ result }) => !result);
    expect(failures).toMatchObject([{ directory: "/store", error: { code: "ERR_DATAWAL_DROP_FAILED" } }]);
    expect(store.stats().lastCompaction).toMatchObject({ error: { code: "ERR_DATAWAL_DROP_FAILED" } });
  });

  test("refuses what is no minimum", () => {
    for (const autoCompact of [
      { minWasteRatio: 0 },
      { minWasteRatio: 2 },
      { minWasteBytes: -1 },
      { minWasteRatio: "1" },
      1,
      null,
    ])
      expect(() => opened(autoCompact as never)).toThrow(
        expect.objectContaining({ code: "ERR_DATAWAL_BAD_OPTION" }),
      );
  });
});
