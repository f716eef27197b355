import fc from "fast-check";
import { expect, test } from "vitest";
import { IS_FULL_RUN } from "../../../record-log/test/kit/seeded-random.js";
import { Keydir } from "../../src/keydir/keydir.js";

function snapshotOf(keys: readonly Uint8Array[]) {
  const keydir = new Keydir();
  for (const [offset, key] of keys.entries()) keydir.set(key, { segment: 1, offset, len: 30 + offset });
  return keydir.snapshot();
}

function sorted(keys: readonly Uint8Array[]): Uint8Array[] {
  const snapshot = snapshotOf(keys);
  for (const _ of snapshot.sort(() => 0));
  return Array.from({ length: snapshot.count }, (_, index) => snapshot.keyAt(index));
}

/** The places at which two lists of keys differ. */
function differences(ours: readonly Uint8Array[], theirs: readonly Uint8Array[]): number[] {
  const places = Array.from({ length: Math.max(ours.length, theirs.length) }, (_, index) => index);
  return places.filter((index) => Buffer.compare(ours[index]!, theirs[index]!) !== 0);
}

const inOrder = (keys: readonly Uint8Array[]) => [...keys].sort(Buffer.compare);

test("keys come in the order of their bytes, unsigned, a prefix first", () => {
  const byte = fc.constantFrom(0, 1, 127, 128, 255);
  const shortKey = fc.array(byte, { maxLength: 9, size: "max" });
  const keys = fc.uniqueArray(shortKey, { selector: String, maxLength: 200, size: "max" });
  fc.assert(
    fc.property(keys, (some) => {
      const bytes = some.map((key) => Uint8Array.from(key));
      expect(differences(sorted(bytes), inOrder(bytes))).toEqual([]);
    }),
  );
});

test("keys that are in order already stay so, and one that is not finds its place, wherever it comes", () => {
  const keys = Array.from({ length: 500 }, (_, index) =>
    Buffer.from(`key-${String(index).padStart(5, "0")}`),
  );
  expect(differences(sorted(keys), keys)).toEqual([]);
  for (const place of [0, 1, 250, 499]) {
    const moved = [...keys.slice(0, place), ...keys.slice(place + 1)];
    expect(differences(sorted([...moved, keys[place]!]), keys)).toEqual([]);
    expect(differences(sorted([keys[place]!, ...moved]), keys)).toEqual([]);
  }
});

/** More than are sorted at once; in no order: the numbers are multiplied by one that is prime to their count. */
const MANY = IS_FULL_RUN ? 40_000 : 10_000;
/** One byte a character. */
const bytesOf = (number: number): string =>
  number === 0 ? "" : String.fromCharCode(number & 0xff) + bytesOf(number >> 8);
const shapes: [string, (number: number) => string][] = [
  ["numbers, and a prefix that all share", (number) => `key-${String(number).padStart(12, "0")}`],
  ["numbers of any length", (number) => String(number)],
  ["bytes of a number, the lowest first, and none for 0", (number) => bytesOf(number)],
  ["zero bytes that tell keys apart by their length", (number) => "\0".repeat(number % 50) + (number >> 3)],
  ["nothing but their length", (number) => "\0".repeat(number % 2000)],
  [
    "a long prefix, then a byte and a prefix of each other",
    (number) => "p".repeat(60) + "ab".repeat(number % 30) + number,
  ],
];

test.each(shapes)("keys of many shapes are in order: %s", (_, shape) => {
  const texts = Array.from({ length: MANY }, (_, index) => shape((index * 7919) % MANY));
  const keys = [...new Set(texts)].map((text) => Buffer.from(text, "latin1"));
  expect(differences(sorted(keys), inOrder(keys))).toEqual([]);
});

test("the order comes in steps, which tell the sum over the keys so far, and then all of it", () => {
  const keys = Array.from({ length: MANY }, (_, index) => Buffer.from(String(index)));
  const sort = snapshotOf(keys).sort((keyLen, frameLen) => keyLen + frameLen);
  const sums: number[] = [];
  let step = sort.next();
  for (; !step.done; step = sort.next()) sums.push(step.value);
  const total = keys.reduce((sum, key, offset) => sum + key.length + 30 + offset, 0);
  expect(step.value).toBe(total);
  expect(sums.at(-1)).toBe(total);
  expect(sums).toEqual(sums.toSorted((a, b) => a - b));
  // Counting is over: at least one for as many entries as are looked at in one or two milliseconds.
  expect(sums.filter((sum) => sum === total).length).toBeGreaterThan(MANY / 16_384 + 1);
});

test("what is set and deleted later does not show", () => {
  const keydir = new Keydir();
  const key = (text: string) => Buffer.from(text);
  for (const text of ["b", "a", "c"]) keydir.set(key(text), { segment: 1, offset: 0, len: 30 });
  const snapshot = keydir.snapshot();
  keydir.set(key("a"), { segment: 2, offset: 7, len: 40 });
  keydir.delete(key("b"));
  keydir.set(key("aa"), { segment: 2, offset: 8, len: 40 });
  for (const _ of snapshot.sort(() => 0));
  const places = [0, 1, 2].map((index) => [
    String.fromCharCode(...snapshot.keyAt(index)),
    snapshot.refAt(index),
  ]);
  const before = { segment: 1, offset: 0, len: 30 };
  expect(places).toEqual([
    ["a", before],
    ["b", before],
    ["c", before],
  ]);
  expect(keydir.get(key("a"))).toEqual({ segment: 2, offset: 7, len: 40 });
});
