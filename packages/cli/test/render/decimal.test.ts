import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteBuffer } from "../../src/output/byte-buffer.js";
import { writeDecimal, writeTxid, ZERO } from "../../src/render/decimal.js";

function written(value: number | bigint, width?: number, fill?: typeof ZERO): string {
  const buffer = new ByteBuffer();
  if (typeof value === "bigint") writeTxid(buffer, value, width);
  else writeDecimal(buffer, value, width, fill);
  return buffer.bytes.toString("latin1", 0, buffer.length);
}

test.each([0, 9, 10, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2n ** 53n + 1n, 2n ** 64n - 1n])(
  "%d is written with all its digits",
  (value) => {
    expect(written(value)).toBe(String(value));
    expect(written(value, 12)).toBe(String(value).padStart(12));
    if (typeof value === "number") expect(written(value, 8, ZERO)).toBe(String(value).padStart(8, "0"));
  },
);

test("any whole number is written as JavaScript writes it", () => {
  fc.assert(
    fc.property(fc.oneof(fc.nat(), fc.maxSafeNat()), fc.nat(20), (value, width) => {
      expect(written(value, width)).toBe(String(value).padStart(width));
    }),
  );
});
