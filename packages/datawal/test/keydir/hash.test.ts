import { expect, test } from "vitest";
import { randomSecret, sipHash } from "../../src/keydir/hash.js";

const keyOf = (index: number) => Buffer.from(`key-${String(index).padStart(12, "0")}`);

test("is HalfSipHash-1-3: the vectors of Linux's lib/siphash_kunit.c for 32-bit machines", () => {
  const hash = sipHash(0x03020100, 0x07060504);
  const message = Uint8Array.from({ length: 64 }, (_, index) => index);
  const hashes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 63].map((len) => hash(message, 0, len) >>> 0);
  expect(hashes).toEqual([
    0x5814c896, 0xe7e864ca, 0xbc4b0e30, 0x01539939, 0x7e059ea6, 0x88e3d89b, 0xa0080b65, 0x9d38d9d6,
    0x577999b1, 0x87178304,
  ]);
});

test("is of the bytes, wherever they lie", () => {
  const hash = sipHash(...randomSecret());
  for (let len = 0; len < 20; len++) {
    const bytes = Buffer.from("abcdefghijklmnopqrst").subarray(0, len);
    for (let start = 0; start < 5; start++) {
      const memory = Buffer.concat([Buffer.alloc(start, 7), bytes, Buffer.alloc(3, 9)]);
      expect(hash(memory, start, start + len)).toBe(hash(bytes, 0, len));
    }
  }
});

test("spreads keys that count up evenly, by its lowest bits and by its highest", () => {
  const hash = sipHash(1, 2);
  const [BUCKETS, KEYS_EACH] = [1024, 100];
  for (const shift of [0, 22]) {
    const counts = new Uint32Array(BUCKETS);
    for (let index = 0; index < BUCKETS * KEYS_EACH; index++) {
      counts[(hash(keyOf(index), 0, 16) >>> shift) % BUCKETS]!++;
    }
    // The sum is 1023 in the mean, for a fair hash, and its standard deviation 45.
    const chiSquare = counts.reduce((sum, count) => sum + (count - KEYS_EACH) ** 2 / KEYS_EACH, 0);
    expect(Math.abs(chiSquare - (BUCKETS - 1))).toBeLessThan(5 * 45);
  }
});

test("keys that collide under one seed do not under another", () => {
  const [one, other] = [sipHash(1, 2), sipHash(3, 2)];
  const seen = new Map<number, number>();
  let collisions = 0;
  for (let index = 0; index < 200_000; index++) {
    const hash = one(keyOf(index), 0, 16);
    const earlier = seen.get(hash);
    seen.set(hash, index);
    if (earlier === undefined) continue;
    collisions++;
    expect(other(keyOf(index), 0, 16)).not.toBe(other(keyOf(earlier), 0, 16));
  }
  expect(collisions).toBeGreaterThan(0);
});

test("each table has a seed of its own", () => {
  expect(sipHash(...randomSecret())(keyOf(1), 0, 16)).not.toBe(sipHash(...randomSecret())(keyOf(1), 0, 16));
});
