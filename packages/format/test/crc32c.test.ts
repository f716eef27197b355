import { crc32c } from "@datawal/format";
import { crc32cOfRange } from "@datawal/format/internal";
import fc from "fast-check";
import { expect, test } from "vitest";
import { utf8 } from "./sample-frames.js";

test("the vectors of the reference come out", () => {
  expect(crc32c(new Uint8Array(0))).toBe(0);
  expect(crc32c(utf8("123456789"))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
});

test("it is Castagnoli's polynomial and not that of zip", () => {
  expect(crc32c(utf8("123456789"))).not.toBe(0xcbf43926);
});

test("it can go on where another call stopped", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80, size: "max" }), fc.nat(80), (bytes, cut) => {
      const seed = crc32c(bytes.subarray(0, cut));
      expect(crc32c(bytes.subarray(cut), seed)).toBe(crc32c(bytes));
    }),
  );
});

test("that of a range is that of a view of it", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200, size: "max" }), fc.nat(200), fc.nat(200), (bytes, a, b) => {
      const [start, end] = [Math.min(a, b, bytes.length), Math.min(Math.max(a, b), bytes.length)];
      expect(crc32cOfRange(bytes, start, end) >>> 0).toBe(crc32c(bytes.subarray(start, end)));
    }),
  );
});
