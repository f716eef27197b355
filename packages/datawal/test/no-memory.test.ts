import { RecordType } from "@datawal/format";
import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { DataWal, utf8 } from "datawal";
import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { IS_FULL_RUN } from "../../record-log/test/kit/seeded-random.js";
import { Keydir } from "../src/keydir/keydir.js";
import { frameRange } from "./kit/frame-range.js";

// A put wrote its record, and then its key found no memory in the key directory: 3,072 acknowledged keys vanished
// from `get` where a page of the index was being split, and the caller was told that nothing had been written.

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** Long ones, so that they fill several chunks of the arena. */
const keyOf = (index: number) => `key-${index}-`.padEnd(90, "-");
const KEYS = 3_400;

/**
 * Lets the n-th piece of memory that the key directory asks for not be had, nor those up to the `last`.
 * Returns how many it has asked for.
 */
function failAllocation(n: number, last = n): { count: number } {
  const asked = { count: 0 };
  for (const name of ["Uint32Array", "Int32Array"] as const) {
    const Real = globalThis[name];
    const fail = (args: unknown[]) => {
      if (typeof args[0] === "number" && ++asked.count >= n && asked.count <= last)
        throw new RangeError("Array buffer allocation failed");
    };
    const Scarce = new Proxy(Real, {
      construct(target, args, newTarget) {
        fail(args);
        return Reflect.construct(target, args, newTarget);
      },
    });
    vi.stubGlobal(name, Scarce);
  }
  return asked;
}

function open(disk = createSimulatedDisk()) {
  return { disk, store: DataWal.openSync("/s", { fileSystem: disk, key: utf8, value: utf8 }) };
}

/** Does everything that changes a key directory. Each step is told whether it threw. */
function workload(store: DataWal<string, string, string, string>, model: Map<string, string>): number {
  let thrown = 0;
  const attempt = (step: () => void, remember: () => void) => {
    try {
      step();
      remember();
    } catch (error) {
      thrown++;
      expect(error).not.toHaveProperty("code", "ERR_DATAWAL_POISONED");
    }
  };
  const put = (key: string, value: string) =>
    attempt(
      () => store.put(key, value),
      () => model.set(key, value),
    );
  const remove = (key: string) =>
    attempt(
      () => store.delete(key),
      () => model.delete(key),
    );
  for (let index = 0; index < KEYS; index++) put(keyOf(index), `${index}`);
  attempt(
    () => store.exportJsonlSync("/export"),
    () => {},
  );
  for (let index = 0; index < 40; index++) put(keyOf(index * 83), "again");
  attempt(
    () => store.exportJsonlSync("/export"),
    () => {},
  );
  for (let index = 0; index < KEYS; index += index % 3 ? 1 : 2) remove(keyOf(index));
  return thrown;
}

/** The first ones that are asked for differ most. */
function stepFrom(n: number): number {
  if (IS_FULL_RUN) return n < 60 ? 1 : 7;
  return n < 20 ? 2 : 97;
}

test("wherever memory fails, an operation throws and is not in the log, or is in both log and memory", () => {
  let failed = 0;
  for (let n = 1, isOver = false; !isOver; n += stepFrom(n)) {
    const { disk, store } = open();
    const model = new Map<string, string>();
    const asked = failAllocation(n);
    failed += workload(store, model);
    vi.unstubAllGlobals();
    isOver = asked.count < n;
    const entries = [...model];
    expect([...store.entries()].sort()).toEqual(entries.sort());
    expect(store.size).toBe(model.size);
    expect(store.isPoisoned).toBe(false);
    store.closeSync();
    expect([...open(disk).store.entries()].sort()).toEqual(entries);
  }
  expect(failed).toBeGreaterThan(10);
});

// A page of the index had to be split behind the write of a batch: its records were in the log, and the handle
// was poisoned.

test("wherever memory fails in a batch, nothing of it is in the log", () => {
  let failed = 0;
  for (let n = 1, isOver = false; !isOver; n += IS_FULL_RUN ? 1 : 2) {
    const { disk, store } = open();
    store.put("old", "1");
    const asked = failAllocation(n);
    const putAll = () => store.putMany(Array.from({ length: KEYS }, (_, index) => [keyOf(index), "v"]));
    try {
      putAll();
    } catch (error) {
      failed++;
      expect(error).toMatchObject({ code: "ERR_DATAWAL_BATCH_FAILED", recordsAppended: 0 });
      expect([...store.scan()]).toHaveLength(1);
      expect([store.size, store.isPoisoned]).toEqual([1, false]);
      putAll();
    }
    vi.unstubAllGlobals();
    isOver = asked.count < n;
    expect(store.size).toBe(KEYS + 1);
    store.closeSync();
    expect(open(disk).store.size).toBe(KEYS + 1);
  }
  expect(failed).toBeGreaterThan(5);
});

const COUNT_MAX = 3500;
const batches = fc.record({
  liveCount: fc.nat(2 * COUNT_MAX),
  /** Whether a snapshot shares the memory before. */
  isShared: fc.boolean(),
  steps: fc.array(
    fc.tuple(
      fc.constantFrom<("put" | "delete")[]>("put", "delete"),
      fc.nat(2 * COUNT_MAX),
      fc.nat(COUNT_MAX),
    ),
    { maxLength: 8, size: "max" },
  ),
  /** How much of the batch gets into the log. */
  share: fc.constantFrom(1, 0.5),
});
type Batch = typeof batches extends fc.Arbitrary<infer T> ? T : never;

/** Each fails without one piece of what keeps the room. */
const EXAMPLES: [liveCount: number, isShared: boolean, ...steps: Batch["steps"]][] = [
  [200, false, ["put", 200, 200]],
  [3000, false, ["delete", 0, 3000], ["put", 0, 3000]],
  [7000, false, ["delete", 0, 3500], ["delete", 3500, 3500], ["put", 0, 3500], ["put", 3500, 2500]],
  [100, true, ["put", 100, 1], ["put", 100, 1]],
  [0, false, ["put", 0, 3500], ["put", 3500, 3500]],
];

test("what there is room for is taken in without any memory, whatever it puts, deletes and shares", () => {
  const keys = Array.from({ length: 10_501 }, (_, index) => new TextEncoder().encode(keyOf(index)));
  const takeIn = ({ liveCount, isShared, steps, share }: Batch) => {
    const keydir = new Keydir();
    const model = new Map<number, number>();
    const change = (type: RecordType, index: number, offset: number) => {
      if (type === RecordType.Put) keydir.set(keys[index]!, { segment: 1, offset, len: 30 });
      else keydir.delete(keys[index]!);
      if (type === RecordType.Put) model.set(index, offset);
      else model.delete(index);
    };
    for (let index = 0; index < liveCount; index++) change(RecordType.Put, index, 0);
    if (isShared) keydir.snapshot();
    const drawn: [RecordType, number][] = [];
    for (const [what, first, count] of steps)
      for (let index = first; index < first + count; index++)
        drawn.push([what === "put" ? RecordType.Put : RecordType.Delete, index]);
    keydir.requireRoomForAll(frameRange(drawn.map(([type, index]) => [type, keys[index]!])));
    failAllocation(1, Number.POSITIVE_INFINITY);
    const taken = drawn.slice(0, drawn.length * share);
    for (const [offset, [type, index]] of taken.entries()) change(type, index, offset);
    keydir.settle();
    vi.unstubAllGlobals();
    expect(Array.from(keydir.entries(), ([, ref]) => ref.offset)).toEqual([...model.values()]);
    expect(keys.every((key, index) => keydir.get(key)?.offset === model.get(index))).toBe(true);
  };
  const examples = EXAMPLES.map(([liveCount, isShared, ...steps]): [Batch] => [
    { liveCount, isShared, steps, share: 1 },
  ]);
  // Shrinking takes minutes.
  fc.assert(fc.property(batches, takeIn), { numRuns: IS_FULL_RUN ? 30 : 8, examples, endOnFailure: true });
});

test("a put that memory refuses is told, and tells the next one nothing", () => {
  const { store } = open();
  failAllocation(1);
  expect(() => {
    for (let index = 0; index < 10; index++) store.put(keyOf(index), "v");
  }).toThrow(RangeError);
  const before = store.size;
  expect([...store.scan()]).toHaveLength(before);
  store.put("next", "v");
  expect(store.get("next")).toBe("v");
});

test("if memory falls behind the log all the same, the handle is poisoned and answers nothing; opening heals", () => {
  const { disk, store } = open();
  store.put("a", "1");
  vi.spyOn(Keydir.prototype, "set").mockImplementationOnce(() => {
    throw new RangeError("Array buffer allocation failed");
  });
  const poisoned = expect.objectContaining({ code: "ERR_DATAWAL_POISONED", path: "/s" });
  expect(() => store.putMany([["a", "2"]])).toThrow(poisoned);
  expect(store.isPoisoned).toBe(true);
  expect(() => store.get("a")).toThrow(poisoned);
  expect(() => store.put("b", "1")).toThrow(poisoned);
  store.closeSync();
  expect(open(disk).store.get("a")).toBe("2");
});

test("no Web Crypto is needed, however many keys there are", () => {
  vi.stubGlobal("crypto", undefined);
  const { disk, store } = open();
  for (let index = 0; index < 300; index++) store.put(keyOf(index), "v");
  store.closeSync();
  expect(open(disk).store.size).toBe(300);
});
