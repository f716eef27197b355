import { decodeNext } from "@datawal/format";
import { decodesAsTheFormatSays, readsOnlyItsBytes } from "@datawal/fuzz";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

type Decode = typeof decodeNext;

test("@datawal/format keeps the laws of a decoder", () => {
  fc.assert(decodesAsTheFormatSays({ decode: decodeNext }), { numRuns: 1_000 });
  fc.assert(readsOnlyItsBytes({ decode: decodeNext }), { numRuns: 300 });
});

describe("the laws are broken by a decoder that (canary)", () => {
  const byteAt = (bytes: Uint8Array, at: number) => bytes[at] ?? 0;
  const broken: [string, Decode][] = [
    [
      "believes a length",
      (bytes, offset) => {
        if (bytes.length >= offset + 24)
          new DataView(bytes.buffer).getUint8(offset + 28 + bytes[offset + 16]!);
        return decodeNext(bytes, offset);
      },
    ],
    [
      "ignores the CRC",
      (bytes, offset) => {
        const decoded = decodeNext(bytes, offset);
        return decoded.kind === "crc-mismatch" ? decodeNext(bytes, offset, () => decoded.stored) : decoded;
      },
    ],
    [
      "looks at the flags before the type",
      (bytes, offset) => {
        const decoded = decodeNext(bytes, offset);
        const isType = decoded.kind === "invalid" && decoded.reason === "unknown-record-type";
        const found = byteAt(bytes, offset + 7);
        return isType && found !== 0 ? { kind: "invalid", reason: "reserved-flags", found } : decoded;
      },
    ],
    [
      "asks for a whole header first, and for one byte too many",
      (bytes, offset) => {
        const decoded = decodeNext(bytes, offset);
        return decoded.kind === "truncated" ? { ...decoded, needed: decoded.needed + 1 } : decoded;
      },
    ],
    [
      "takes a key one byte too long",
      (bytes, offset) => {
        const decoded = decodeNext(bytes, offset);
        const isLimit = decoded.kind === "invalid" && decoded.found === 65_537;
        return isLimit ? { kind: "truncated", available: bytes.length - offset, needed: 65_565 } : decoded;
      },
    ],
    [
      "writes to its input",
      (bytes, offset) => {
        const decoded = decodeNext(bytes, offset);
        if (decoded.kind === "record") bytes[offset] = 0;
        return decoded;
      },
    ],
  ];

  test.each(broken)("%s", (_, decode) => {
    expect(fc.check(decodesAsTheFormatSays({ decode }), { numRuns: 50_000, endOnFailure: true }).failed).toBe(
      true,
    );
  });

  test("reads behind the end of its bytes", () => {
    const decode: Decode = (bytes, offset) => {
      const longer = Math.min(bytes.length + 20, bytes.buffer.byteLength - bytes.byteOffset);
      return decodeNext(new Uint8Array(bytes.buffer, bytes.byteOffset, longer), offset);
    };
    expect(fc.check(readsOnlyItsBytes({ decode }), { numRuns: 50_000, endOnFailure: true }).failed).toBe(
      true,
    );
  });
});
