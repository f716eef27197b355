import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { IS_FULL_RUN } from "../../../record-log/test/kit/seeded-random.js";
import { sipHash } from "../../src/keydir/hash.js";
import { Keydir } from "../../src/keydir/keydir.js";
import { putsOf } from "../kit/frame-range.js";
import { heapGrowthOf } from "../kit/heap-growth.js";

const ref = (offset: number) => ({ segment: 1, offset, len: 30 });
const key = (text: string) => new TextEncoder().encode(text);
/** As the measurements have them: 16 bytes. */
const numberedKey = (index: number) => key(`key-${String(index).padStart(12, "0")}`);

test("gives what was set last, and nothing once it was deleted", () => {
  const keydir = new Keydir();
  expect(keydir.set(key("a"), ref(0))).toBe(0);
  expect(keydir.set(key("a"), { ...ref(30), len: 40 })).toBe(30);
  expect(keydir.get(key("a"))).toEqual({ ...ref(30), len: 40 });
  expect(keydir.delete(key("a"))).toBe(40);
  expect(keydir.delete(key("a"))).toBe(0);
  expect(keydir.get(key("a"))).toBeUndefined();
  expect(keydir.size).toBe(0);
});

test("keeps the largest place that a record can have", () => {
  const keydir = new Keydir();
  const largest = { segment: 99_999_999, offset: Number.MAX_SAFE_INTEGER, len: 24 + 65_536 + 67_108_864 + 4 };
  keydir.set(key("a"), largest);
  expect(keydir.get(key("a"))).toEqual(largest);
});

test("keeps neither the key's memory nor the place's", () => {
  const keydir = new Keydir();
  const [name, place] = [key("a"), ref(7)];
  keydir.set(name, place);
  name[0] = 0;
  place.offset = 0;
  expect(keydir.get(key("a"))).toEqual(ref(7));
});

test("takes a key as a part of larger memory", () => {
  const keydir = new Keydir();
  const memory = key("--abc--");
  keydir.set(memory.subarray(1), ref(1), 1, 4);
  expect([...keydir.entries()]).toEqual([[key("abc"), ref(1)]]);
  expect(keydir.get(memory, 2, 5)).toEqual(ref(1));
  expect(keydir.get(memory, 2, 4)).toBeUndefined();
  expect(keydir.delete(memory, 2, 5)).toBe(30);
});

test("what it hands out is the caller's", () => {
  const keydir = new Keydir();
  keydir.set(key("a"), ref(7));
  keydir.get(key("a"))!.offset = 0;
  for (const [name, place] of keydir.entries()) name[0] = place.offset = 0;
  expect([...keydir.entries()]).toEqual([[key("a"), ref(7)]]);
});

// Comparison with a Map.

const LENGTHS = [0, 1, 1, 3, 4, 5, 16, 100, 20_000, 40_000, 65_535, 65_536];
/** Long ones too, so that a few of them fill a chunk of the arena. */
const KEYS = LENGTHS.map((len, index) => Uint8Array.from({ length: len }, (_, at) => (at * index) & 0xff));
KEYS[2]![0] = 1;
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
const INDEX_OF_TEXT = new Map(KEYS.map((bytes, index) => [textOf(bytes), index]));
const indexOf = (bytes: Uint8Array) => INDEX_OF_TEXT.get(textOf(bytes))!;

const operation = fc.record({
  do: fc.oneof(
    { weight: 6, arbitrary: fc.constant("set" as const) },
    { weight: 4, arbitrary: fc.constant("delete" as const) },
    { weight: 4, arbitrary: fc.constant("next" as const) },
    { weight: 1, arbitrary: fc.constant("iterate" as const) },
    { weight: 1, arbitrary: fc.constant("snapshot" as const) },
  ),
  /** Of a key, or of an iterator. */
  index: fc.nat(KEYS.length - 1),
});
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;
type Snapshot = ReturnType<Keydir["snapshot"]>;
type Pair = [index: number, place: ReturnType<typeof ref>];

const pairOf = ([name, place]: [Uint8Array, ReturnType<typeof ref>]): Pair => [indexOf(name), place];
const inKeyOrder = ([a]: Pair, [b]: Pair) => Buffer.compare(KEYS[a]!, KEYS[b]!);

function sortedPairs(snapshot: Snapshot): Pair[] {
  for (const _ of snapshot.sort(() => 0));
  return Array.from({ length: snapshot.count }, (_, at) => pairOf([snapshot.keyAt(at), snapshot.refAt(at)]));
}

/** Does the same to a directory and a Map, with iterators that go on meanwhile; throws where they differ. */
function compareWithMap(operations: readonly Operation[], keydir: Keydir) {
  const map = new Map<number, ReturnType<typeof ref>>();
  const iterators = [{ ours: keydir.entries(), theirs: map.entries() }];
  const snapshots: { ours: Snapshot; theirs: Pair[] }[] = [];
  for (const [offset, { do: what, index }] of operations.entries()) {
    if (what === "set") {
      expect(keydir.set(KEYS[index]!, ref(offset))).toBe(map.has(index) ? 30 : 0);
      map.set(index, ref(offset));
    } else if (what === "delete") {
      expect(keydir.delete(KEYS[index]!)).toBe(map.delete(index) ? 30 : 0);
    } else if (what === "iterate") {
      iterators.push({ ours: keydir.entries(), theirs: map.entries() });
    } else if (what === "snapshot") {
      snapshots.push({ ours: keydir.snapshot(), theirs: [...map].sort(inKeyOrder) });
    } else {
      const { ours, theirs } = iterators[index % iterators.length]!;
      const our = ours.next();
      expect(our.done ? our : { done: false, value: pairOf(our.value) }).toEqual(theirs.next());
    }
    expect(keydir.size).toBe(map.size);
  }
  expect(KEYS.map((bytes) => keydir.get(bytes))).toEqual(KEYS.map((_, index) => map.get(index)));
  expect(Array.from(keydir.entries(), pairOf)).toEqual([...map]);
  for (const { ours, theirs } of iterators) expect(Array.from(ours, pairOf)).toEqual([...theirs]);
  for (const { ours, theirs } of snapshots) expect(sortedPairs(ours)).toEqual(theirs);
}

describe("is a Map of bytes, iterators under mutation and snapshots included", () => {
  const operations = fc.array(operation, { maxLength: 80, size: "max" });

  test.each([
    ["with hashes that are its own", undefined],
    ["with hashes that all collide", () => -1],
    ["with hashes that mostly collide", (_: Uint8Array, start: number, end: number) => (end - start) & 3],
  ])("%s", (_, hash) => {
    const make = () => new Keydir(hash ? { hash } : {});
    fc.assert(
      fc.property(operations, (some) => compareWithMap(some, make())),
      { numRuns: IS_FULL_RUN ? 60 : 12 },
    );
  });

  test("which can fail: a hash that is not the same the next time loses keys", () => {
    let count = 0;
    const make = () => new Keydir({ hash: () => count++ });
    const check = fc.property(operations, (some) => compareWithMap(some, make()));
    expect(fc.check(check, { numRuns: 50_000, endOnFailure: true }).failed).toBe(true);
  });
});

describe("with many keys", () => {
  const COUNT = IS_FULL_RUN ? 30_000 : 12_000;
  /** Numbers below `limit`, the same in each run. */
  function draws(limit: number) {
    let state = 1;
    return () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return (state >>> 8) % limit;
    };
  }

  test("is still a Map while it grows, shrinks and grows again", () => {
    const keydir = new Keydir({ hash: sipHash(1, 2) });
    const map = new Map<number, number>();
    const draw = draws(COUNT);
    const [ours, theirs] = [keydir.entries(), map.values()];
    const differences: unknown[] = [];
    const compare = (where: string, our: unknown, their: unknown) => {
      if (our !== their) differences.push([where, our, their]);
    };
    for (let offset = 0; offset < 6 * COUNT; offset++) {
      const index = draw();
      const isShrinking = offset > 2 * COUNT && offset < 4 * COUNT && offset % 16 > 0;
      if (isShrinking) {
        compare(`delete ${index}`, keydir.delete(numberedKey(index)) > 0, map.delete(index));
      } else {
        compare(`set ${index}`, keydir.set(numberedKey(index), ref(offset)) > 0, map.has(index));
        map.set(index, offset);
      }
      if (offset % 8 === 0) compare("next", ours.next().value?.[1].offset, theirs.next().value);
    }
    for (let index = 0; index < COUNT; index++) {
      compare(`get ${index}`, keydir.get(numberedKey(index))?.offset, map.get(index));
    }
    expect(differences).toEqual([]);
    expect(Array.from(keydir.entries(), ([, { offset }]) => offset)).toEqual([...map.values()]);
  });

  test("a snapshot holds what is there when the oldest keys were deleted, all or most of them", () => {
    for (const every of [1, 10]) {
      const keydir = new Keydir({ hash: sipHash(1, 2) });
      for (let index = 0; index < COUNT; index++) keydir.set(numberedKey(index), ref(index));
      for (let index = 0; index < COUNT - 100; index++) {
        if (every === 1 || index % every > 0) keydir.delete(numberedKey(index));
      }
      const snapshot = keydir.snapshot();
      for (const _ of snapshot.sort(() => 0));
      const offsets = Array.from({ length: snapshot.count }, (_, at) => snapshot.refAt(at).offset);
      expect(offsets).toEqual(Array.from(keydir.entries(), ([, { offset }]) => offset));
    }
  });

  test("finds keys that all collide, in a few bytes each, where they are more than a page of its index holds", () => {
    const keydir = new Keydir({ hash: () => 7 });
    for (let index = 0; index < 3100; index++) keydir.set(numberedKey(index), ref(index));
    for (let index = 0; index < 3100; index += 100)
      expect(keydir.get(numberedKey(index))).toEqual(ref(index));
    expect(keydir.bytes / keydir.size).toBeLessThan(150);
  });

  test("takes at most 80 bytes for a key of 16 bytes, at any moment of its growth", () => {
    const keydir = new Keydir({ hash: sipHash(1, 2) });
    let bytesMax = 0;
    for (let index = 0; index < 5 * COUNT; index++) {
      keydir.set(numberedKey(index), ref(index));
      if (index >= COUNT) bytesMax = Math.max(bytesMax, keydir.bytes / keydir.size);
    }
    expect(bytesMax).toBeLessThanOrEqual(80);
  });

  // Beside other files, whose keys V8 had seen too, numbers were allocated that are not otherwise.
  test("setting, overwriting and deleting allocate nothing on V8's heap for a key", () => {
    expect(heapGrowthOf("./heap/keydir.js")).toBeLessThan(12);
  });

  test("which can fail: the smallest object for each key would be seen", () => {
    expect(heapGrowthOf("./heap/objects.js")).toBeGreaterThan(16);
  });

  test("gives memory back when keys are deleted, and that of the long ones too", () => {
    const keydir = new Keydir({ hash: sipHash(1, 2) });
    for (let index = 0; index < COUNT; index++) keydir.set(numberedKey(index), ref(index));
    for (const [offset, bytes] of KEYS.entries()) keydir.set(bytes, ref(offset));
    for (let index = 0; index < COUNT; index++) {
      if (index % 100 > 0) keydir.delete(numberedKey(index));
    }
    for (const bytes of KEYS) keydir.delete(bytes);
    // Two chunks, and one page.
    expect(keydir.size).toBe(COUNT / 100);
    expect(keydir.bytes).toBeLessThan(2 * 262_144 + 32_768 + 200);
  });

  test("does not grow where the oldest key makes room for each new one", () => {
    const keydir = new Keydir({ hash: sipHash(1, 2) });
    for (let index = 0; index < 1000; index++) keydir.set(numberedKey(index), ref(index));
    for (let index = 1000; index < 3 * COUNT; index++) {
      const oldest = keydir.entries().next().value!;
      if (oldest[1].offset !== index - 1000) expect(oldest[1].offset).toBe(index - 1000);
      keydir.delete(oldest[0]);
      keydir.set(numberedKey(index), ref(index));
    }
    expect(keydir.size).toBe(1000);
    expect(keydir.bytes).toBeLessThan(2 * 262_144 + 32_768 + 200);
  });
});

describe("at its limit", () => {
  function full() {
    const keydir = new Keydir({ chunksMax: 1 });
    let count = 0;
    try {
      for (; ; count++) keydir.set(numberedKey(count), ref(count));
    } catch (error) {
      return { keydir, count, error };
    }
  }

  test("refuses a new key, says so, and changes nothing", () => {
    const { keydir, count, error } = full();
    expect(error).toMatchObject({
      code: "ERR_DATAWAL_TOO_MANY_KEYS",
      keys: count,
      keydirBytes: keydir.bytes,
      message: expect.stringContaining(`found ${count} keys`),
    });
    expect([keydir.size, keydir.get(numberedKey(count))]).toEqual([count, undefined]);
    expect([...keydir.entries()]).toHaveLength(count);
  });

  test("takes a key that is there, and a new one in the place of a deleted one only where a chunk becomes free", () => {
    const { keydir, count } = full();
    expect(keydir.set(numberedKey(0), ref(7))).toBe(30);
    expect(() => keydir.requireRoom(numberedKey(0))).not.toThrow();
    const two = new Keydir({ chunksMax: 2 });
    for (let index = 0; index < count * 2; index++) two.set(numberedKey(index), ref(index));
    expect(() => two.requireRoom(numberedKey(-1))).toThrow(/key directory/);
    for (let index = 0; index < count; index++) two.delete(numberedKey(index));
    two.requireRoom(numberedKey(-1));
    two.set(numberedKey(-1), ref(0));
    expect(two.size).toBe(count + 1);
  });

  test("has room again when two chunks became one", () => {
    const { count } = full();
    const keydir = new Keydir({ chunksMax: 3 });
    for (let index = 0; index < count * 3; index++) keydir.set(numberedKey(index), ref(index));
    for (let index = 0; index < count * 2; index += 2) keydir.delete(numberedKey(index));
    for (let index = count * 3; index < count * 4; index++) keydir.set(numberedKey(index), ref(index));
    expect(() => keydir.requireRoom(numberedKey(-1))).toThrow(/key directory/);
    expect(keydir.size).toBe(count * 3);
  });

  test("tells before whether keys will find room, whatever their lengths", () => {
    for (const keyLen of [16, 65_536]) {
      const keydir = new Keydir({ chunksMax: 9 });
      const keys = Array.from({ length: keyLen > 16 ? 40 : 70_000 }, (_, index) => {
        const bytes = new Uint8Array(keyLen);
        new DataView(bytes.buffer).setUint32(0, index);
        return bytes;
      });
      // The room that is sure is for half of them.
      const half = keys.length / 2;
      const [first, second] = [keys.slice(0, half), keys.slice(half)];
      keydir.requireRoomForAll(putsOf(first));
      for (const bytes of first) keydir.set(bytes, ref(0));
      keydir.settle();
      expect(() => keydir.requireRoomForAll(putsOf(second))).toThrow(/key directory/);
      keydir.settle();
      expect(keydir.size).toBe(first.length);
    }
  });
});
