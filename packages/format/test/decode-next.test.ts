import { crc32c, type Decoded, decodeNext, encodeRecord, RecordType } from "@datawal/format";
import { describe, expect, test } from "vitest";
import {
  concat,
  flipped,
  PUT_FRAME,
  patched,
  SAMPLE_FRAMES,
  sharedCopy,
  thrownBy,
  utf8,
} from "./sample-frames.js";

test("every frame of the reference decodes to its record", () => {
  for (const { record, frame } of SAMPLE_FRAMES) {
    expect(decodeNext(frame, 0)).toEqual({
      kind: "record",
      ...record,
      key: utf8(record.key),
      payload: utf8(record.payload),
      end: frame.length,
      len: frame.length,
    });
  }
});

test("a frame further on tells its end in the bytes given", () => {
  const decoded = decodeNext(concat(Uint8Array.of(1, 2, 3), PUT_FRAME, PUT_FRAME), 3);

  expect(decoded).toMatchObject({ kind: "record", end: 43, len: 40 });
});

test("an offset at or beyond the end has nothing available", () => {
  for (const offset of [40, 41, 1e9, Number.MAX_SAFE_INTEGER]) {
    expect(decodeNext(PUT_FRAME, offset)).toEqual({ kind: "truncated", available: 0, needed: 24 });
  }
});

test("a frame cut to any length is truncated", () => {
  for (let length = 0; length < PUT_FRAME.length; length++) {
    const needed = length < 24 ? 24 : PUT_FRAME.length;
    expect(decodeNext(PUT_FRAME.subarray(0, length), 0)).toEqual({
      kind: "truncated",
      available: length,
      needed,
    });
  }
});

describe("any one bit turned over", () => {
  /** What a flip in each field of the header can look like. */
  const outcomes: { to: number; kinds: (Decoded["kind"] | "bad-magic" | "unknown-version")[] }[] = [
    { to: 8, kinds: ["invalid"] },
    { to: 16, kinds: ["crc-mismatch"] },
    { to: 24, kinds: ["crc-mismatch", "truncated", "invalid"] },
    { to: PUT_FRAME.length, kinds: ["crc-mismatch"] },
  ];

  test("is noticed, in the way of the field it hits", () => {
    for (let bit = 0; bit < PUT_FRAME.length * 8; bit++) {
      const isTypeStillKnown = bit === 48; // Put becomes Raw
      const { kinds } = outcomes.find(({ to }) => bit >> 3 < to)!;
      const { kind } = decodeNext(flipped(PUT_FRAME, bit), 0);
      expect(isTypeStillKnown ? ["crc-mismatch"] : kinds).toContain(kind);
    }
  });

  test("in a log hides no other frame and invents none", () => {
    const frames = SAMPLE_FRAMES.map(({ frame }) => frame);
    const [first, second, third] = [frames[0]!, frames[1]!, frames[2]!];
    for (let bit = 0; bit < second.length * 8; bit++) {
      const log = concat(first, flipped(second, bit), third);

      expect(decodeNext(log, 0).kind).toBe("record");
      expect(decodeNext(log, first.length).kind).not.toBe("record");
      expect(decodeNext(log, first.length + second.length).kind).toBe("record");
    }
  });
});

test("a wrong CRC is told with the one stored and the one computed", () => {
  const stored = 0x6b5f8d26;
  const damaged = patched(PUT_FRAME, 30, 0);

  expect(decodeNext(damaged, 0)).toEqual({
    kind: "crc-mismatch",
    end: 40,
    len: 40,
    stored,
    computed: crc32c(damaged.subarray(0, 36)),
  });
});

test("an invalid header is told with its reason and the field found", () => {
  expect(decodeNext(patched(PUT_FRAME, 4, 2), 0)).toEqual({
    kind: "invalid",
    reason: "unknown-version",
    found: 2,
  });
});

test("the CRC function given is the one used, and a signed result means the same bits", () => {
  const highBitCrc = SAMPLE_FRAMES[2]!.frame; // 0x979eeb0e
  const signedCrc = (bytes: Uint8Array) => crc32c(bytes) | 0;

  expect(decodeNext(highBitCrc, 0, () => 0x979eeb0e).kind).toBe("record");
  expect(decodeNext(highBitCrc, 0, signedCrc).kind).toBe("record");
  expect(decodeNext(highBitCrc, 0, () => 0).kind).toBe("crc-mismatch");
});

describe("memory", () => {
  test("key and payload are views, plain ones even of a Buffer", () => {
    const buffer = Buffer.concat([Buffer.from("junk"), PUT_FRAME]);

    const decoded = decodeNext(buffer, 4);

    if (decoded.kind !== "record") throw new Error(decoded.kind);
    for (const bytes of [decoded.key, decoded.payload]) {
      expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
      expect(bytes.buffer).toBe(buffer.buffer);
    }
    buffer.fill("A", 4 + 24, 4 + 24 + 5);
    expect(decoded.key).toEqual(utf8("AAAAA"));
  });

  test("of shared memory they are copies", () => {
    const shared = sharedCopy(PUT_FRAME);

    const decoded = decodeNext(shared, 0);
    shared.fill(0);

    expect(decoded).toMatchObject({ kind: "record", key: utf8("alpha"), payload: utf8("value-1") });
  });

  test("what is not bytes is refused", () => {
    const error = thrownBy(() => decodeNext(new ArrayBuffer(40) as unknown as Uint8Array, 0));

    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({ code: "ERR_DATAWAL_NOT_BYTES", what: "bytes", actual: "ArrayBuffer" });
  });
});

test("a record of any type may have a key and a payload", () => {
  for (const type of Object.values(RecordType)) {
    const record = { type, txid: 9n, key: utf8("k"), payload: utf8("p") };

    expect(decodeNext(encodeRecord(record), 0)).toMatchObject({ kind: "record", ...record });
  }
});
