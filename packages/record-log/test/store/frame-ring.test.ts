import { crc32c } from "@datawal/format";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FrameRing } from "../../src/store/frame-ring.js";
import { IS_FULL_RUN } from "../kit/seeded-random.js";

const KIB = 1024;

/** Takes room for bytes that are all `value`. */
function encode(ring: FrameRing, byteCount: number, value: number): void {
  const at = ring.take(byteCount);
  ring.bytes.fill(value, at, at + byteCount);
}

function found(ring: FrameRing, segment: number, offset: number, byteCount: number): Uint8Array | undefined {
  const at = ring.find(segment, offset, byteCount);
  return at < 0 ? undefined : ring.bytes.slice(at, at + byteCount);
}

const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 700 }), fc.nat(20 * KIB), fc.nat(100 * KIB)), {
  minLength: 1,
  maxLength: 4,
});
const ends = fc.constantFrom("commit", "commit", "commit", "commit", "discard", "rotate", "forget");
const steps = fc.array(fc.tuple(sizes, ends), { minLength: 1, maxLength: 30 });

describe("a ring of frames", () => {
  test.each([0, 1, 100_000, 300 * KIB])(
    "of %i bytes finds nothing but what was committed, as it was",
    (cacheBytes) => {
      const property = fc.property(steps, (all) => {
        const ring = new FrameRing(crc32c, cacheBytes);
        const segments: Uint8Array[] = [];
        let contents = new Uint8Array();
        for (const [number, [pendingSizes, end]] of all.entries()) {
          for (const [index, size] of pendingSizes.entries()) encode(ring, size, 10 * number + index);
          const pending = ring.bytes.slice(ring.start, ring.end);
          const expected = pendingSizes.flatMap((size, index) =>
            Array(size).fill((10 * number + index) % 256),
          );
          expect(Buffer.compare(pending, Uint8Array.from(expected))).toBe(0);
          if (end === "discard") ring.discard();
          else ring.commit(segments.length, contents.length);
          expect(ring.pendingBytes).toBe(0);
          if (end === "discard") continue;
          const isFound = ring.find(segments.length, contents.length, pending.length) >= 0;
          if (pending.length <= ring.pendingBytesMax) expect(isFound).toBe(cacheBytes > 0);
          contents = new Uint8Array(Buffer.concat([contents, pending]));
          for (const [segment, bytes] of [...segments, contents].entries())
            for (let at = 0; at < bytes.length; at += 7919) {
              const seen = found(ring, segment, at, 300);
              if (seen) expect(Buffer.compare(seen, bytes.subarray(at, at + 300))).toBe(0);
            }
          if (end === "commit") continue;
          if (end === "forget") ring.forget(segments.length);
          if (end === "forget") expect(ring.find(segments.length, contents.length - 1, 1)).toBe(-1);
          segments.push(contents);
          contents = new Uint8Array();
        }
      });
      fc.assert(property, { numRuns: IS_FULL_RUN ? 40 : 8 });
    },
  );

  test("keeps three quarters of what it has, however often it has gone round", () => {
    const ring = new FrameRing(crc32c, 256 * KIB);
    const len = 700;
    for (let index = 0; index < 2000; index++) {
      encode(ring, len, index % 251);
      ring.commit(1, index * len);
      const oldest = Math.max(0, index + 1 - Math.floor((192 * KIB) / len));
      expect(found(ring, 1, oldest * len, len)).toEqual(new Uint8Array(len).fill(oldest % 251));
    }
    expect(ring.bytes.length).toBe(256 * KIB);
  });

  test("takes memory as it is filled, and gives all of it back", () => {
    const ring = new FrameRing(crc32c, 4 * KIB * KIB);
    encode(ring, 1, 1);
    expect(ring.bytes.length).toBe(64 * KIB);
    encode(ring, 64 * KIB, 1);
    expect(ring.bytes.length).toBe(128 * KIB);
    ring.commit(1, 0);
    ring.release();
    expect([ring.bytes.length, ring.find(1, 0, 1)]).toEqual([0, -1]);
  });

  test("of two logs at one time no bytes are shared", () => {
    const rings = [1, 2].map((value) => {
      const ring = new FrameRing(crc32c, 128 * KIB);
      for (let index = 0; index < 100; index++) {
        encode(ring, 300, value);
        ring.commit(1, index * 300);
      }
      return ring;
    });
    expect(rings.map((ring) => found(ring, 1, 300, 300)![0])).toEqual([1, 2]);
  });
});
