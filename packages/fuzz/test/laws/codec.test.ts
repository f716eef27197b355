import { crc32c, type Decoded, decodeNext, encodeRecord, RecordType } from "@datawal/format";
import { type CodecUnderTest, codecRoundTrip, takesBytesOfAnyKind } from "@datawal/fuzz";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const codec: CodecUnderTest = { encode: encodeRecord, decode: decodeNext };

test("@datawal/format keeps the round-trip law", () => {
  fc.assert(codecRoundTrip(codec), { numRuns: 300 });
});

test("@datawal/format takes bytes of any kind", () => {
  fc.assert(takesBytesOfAnyKind(codec), { numRuns: 300 });
});

test("a codec that believes what bytes say of their length is refuted (canary)", () => {
  const believing: CodecUnderTest = {
    ...codec,
    encode: (record) => {
      const payload = record.payload as Uint8Array;
      return encodeRecord({
        ...record,
        payload: Array.prototype.slice.call(payload).length === 0 ? "" : payload,
      });
    },
  };
  expect(fc.check(takesBytesOfAnyKind(believing), { numRuns: 50_000, endOnFailure: true }).failed).toBe(true);
});

describe("the law is broken by a codec that (canary)", () => {
  type DecodedRecord = Extract<Decoded, { kind: "record" }>;

  /** Our decoder, but with each record changed. */
  const decodingTo = (change: (record: DecodedRecord) => Partial<DecodedRecord>): CodecUnderTest => ({
    ...codec,
    decode: (bytes, offset) => {
      const decoded = decodeNext(bytes, offset);
      return decoded.kind === "record" ? { ...decoded, ...change(decoded) } : decoded;
    },
  });
  /** Our encoder, but with each frame changed and its CRC made anew. */
  const encodingTo = (change: (frame: Uint8Array) => void): CodecUnderTest => ({
    ...codec,
    encode: (record) => {
      const frame = encodeRecord(record);
      change(frame);
      const crcAt = frame.length - 4;
      new DataView(frame.buffer).setUint32(crcAt, crc32c(frame.subarray(0, crcAt)), true);
      return frame;
    },
  });
  const { Put, Delete } = RecordType;
  const reused = new Uint8Array(4_096);

  const broken: [string, CodecUnderTest][] = [
    ["loses keys", decodingTo(() => ({ key: new Uint8Array(0) }))],
    ["cuts a payload's last byte", decodingTo(({ payload }) => ({ payload: payload.slice(0, -1) }))],
    ["takes a deletion for a put", decodingTo(({ type }) => ({ type: type === Delete ? Put : type }))],
    ["keeps a txid in a double", decodingTo(({ txid }) => ({ txid: BigInt(Number(txid)) }))],
    ["keeps a txid in 32 bits", decodingTo(({ txid }) => ({ txid: BigInt.asUintN(32, txid) }))],
    ["keeps a txid with a sign", decodingTo(({ txid }) => ({ txid: BigInt.asIntN(64, txid) }))],
    ["tells an end too far", decodingTo(({ end }) => ({ end: end + 1 }))],
    [
      "gives every payload in the same memory",
      decodingTo(({ payload }) => {
        reused.set(payload);
        return { payload: new Uint8Array(reused.buffer, 0, payload.length) };
      }),
    ],
    ["writes a flag", encodingTo((frame) => frame.set([1], 7))],
    ["writes txids with the high byte first", encodingTo((frame) => frame.subarray(8, 16).reverse())],
    ["pads its frames", { ...codec, encode: (record) => Uint8Array.of(...encodeRecord(record), 0) }],
    ["uses another CRC", { ...codec, encode: (record) => encodeRecord(record, (bytes) => ~crc32c(bytes)) }],
  ];

  test.each(broken)("%s", (_what, brokenCodec) => {
    expect(fc.check(codecRoundTrip(brokenCodec), { numRuns: 50_000, endOnFailure: true }).failed).toBe(true);
  });
});
