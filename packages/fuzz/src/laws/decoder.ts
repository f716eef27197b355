import type { Decoded } from "@datawal/format";
import fc from "fast-check";
import { anyFrameBytes } from "../arbitraries/frame-bytes.js";
import type { CodecUnderTest } from "./codec.js";
import { expectSame, isSameBytes, plainOutcome } from "./expect-same.js";
import { type ModelOutcome, modelOutcome } from "./model-decoder.js";

type DecoderUnderTest = Pick<CodecUnderTest, "decode">;

/**
 * The law: whatever the bytes and wherever it begins, a decoder answers, and answers what docs/format.md says: the first
 * check that fails decides, and a record is a record only with its CRC. It changes no byte.
 */
export function decodesAsTheFormatSays(codec: DecoderUnderTest): fc.IPropertyWithHooks<[Uint8Array, number]> {
  return fc.property(anyFrameBytes(), anyOffset(), (bytes, offset) => {
    const before = bytes.slice();
    const decoded = codec.decode(bytes, offset);
    expectSame("outcome", outcomeOf(decoded), modelOutcome(before, offset));
    if (!isSameBytes(bytes, before))
      throw new Error("the decoder has written to the bytes that it was given");
    if (decoded.kind === "record") checkFields(decoded, before, offset);
  });
}

/**
 * The law: what lies outside of the bytes that a decoder is given has no say: with other memory around them, the answer is
 * the same.
 */
export function readsOnlyItsBytes(codec: DecoderUnderTest): fc.IPropertyWithHooks<[Uint8Array, number]> {
  return fc.property(anyFrameBytes(), anyOffset(), (bytes, offset) => {
    const [one, other] = [0x00, 0x44].map((surrounding) => codec.decode(within(bytes, surrounding), offset));
    expectSame("with other bytes around, the outcome", plainOutcome(other!), plainOutcome(one!));
  });
}

/** Mostly where a frame may begin, and also beyond the end. */
function anyOffset(): fc.Arbitrary<number> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    { weight: 2, arbitrary: fc.nat(130) },
    { weight: 1, arbitrary: fc.constantFrom(4_096, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER) },
  );
}

function within(bytes: Uint8Array, surrounding: number): Uint8Array {
  const memory = new Uint8Array(bytes.length + 128).fill(surrounding);
  memory.set(bytes, 64);
  return memory.subarray(64, 64 + bytes.length);
}

function outcomeOf(decoded: Decoded): ModelOutcome {
  switch (decoded.kind) {
    case "record":
      return { kind: decoded.kind, end: decoded.end };
    case "truncated":
      return { kind: decoded.kind, available: decoded.available, needed: decoded.needed };
    case "crc-mismatch": {
      const { kind, end, stored, computed } = decoded;
      return { kind, end, stored, computed };
    }
    default:
      return { kind: decoded.kind, reason: decoded.reason, found: decoded.found };
  }
}

function checkFields(record: Decoded & { kind: "record" }, bytes: Uint8Array, offset: number): void {
  const keyStart = offset + 24;
  const keyEnd = keyStart + record.key.length;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  expectSame("type", record.type, view.getUint8(offset + 6));
  expectSame("txid", record.txid, view.getBigUint64(offset + 8, true));
  expectSame("length of the key", record.key.length, view.getUint32(offset + 16, true));
  expectSame("length", record.len, record.end - offset);
  const isExact =
    isSameBytes(record.key, bytes.subarray(keyStart, keyEnd)) &&
    isSameBytes(record.payload, bytes.subarray(keyEnd, record.end - 4));
  if (!isExact) throw new Error("key and payload are not the bytes of the frame");
}
