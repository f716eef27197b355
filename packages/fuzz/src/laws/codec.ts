import { type Decoded, type EncodableRecord, MAX_KEY_LEN, recordWireSize } from "@datawal/format";
import fc from "fast-check";
import { anyForeignBytes, type ForeignBytes } from "../arbitraries/foreign-bytes.js";
import { anyLog, type GeneratedLog } from "../arbitraries/log.js";
import { anyRecord, type GeneratedRecord } from "../arbitraries/record.js";
import { expectSame, isSameBytes } from "./expect-same.js";

/** The two functions of a codec that a law is about; `encodeRecord` and `decodeNext` of `@datawal/format` fit. */
export interface CodecUnderTest {
  encode(record: EncodableRecord): Uint8Array;
  /** `end` is an offset in `bytes`. */
  decode(bytes: Uint8Array, offset: number): Decoded;
}

/**
 * The law: records that are encoded one behind the other decode, frame by frame, to themselves, and encode to the
 * same bytes again. What was decoded earlier is looked at after what was decoded later, so memory that is used twice
 * is noticed.
 *
 * @returns A property to be run: `fc.assert(codecRoundTrip(codec))`.
 */
export function codecRoundTrip(
  codec: CodecUnderTest,
): fc.IPropertyWithHooks<[GeneratedLog, GeneratedRecord]> {
  return fc.property(anyLog(), anyRecord(), (log, loneRecord) => {
    for (const records of [...log, [loneRecord]]) checkRoundTrip(codec, records);
  });
}

/**
 * The law: whatever memory a key and a payload come in (shared, of another realm, in a class with a length of its own), the
 * frame is that of their bytes.
 */
export function takesBytesOfAnyKind(
  codec: Pick<CodecUnderTest, "encode">,
): fc.IPropertyWithHooks<[GeneratedRecord, ForeignBytes, ForeignBytes]> {
  return fc.property(anyRecord(), anyForeignBytes(), anyForeignBytes(), (record, key, payload) => {
    fc.pre(key.content.length <= MAX_KEY_LEN);
    const foreign = codec.encode({ ...record, key: key.bytes, payload: payload.bytes });
    const plain = codec.encode({ ...record, key: key.content, payload: payload.content });
    if (isSameBytes(foreign, plain)) return;
    throw new Error(`a key ${key.kind} and a payload ${payload.kind} gave another frame than their bytes`);
  });
}

function checkRoundTrip(codec: CodecUnderTest, records: readonly GeneratedRecord[]): void {
  const frames = records.map((record) => codec.encode(record));
  expectSame(
    "frame lengths",
    frames.map((frame) => frame.length),
    records.map(wireSizeOf),
  );
  const decoded = decodeAll(codec, concat(frames), records.length);
  expectSame("records", decoded, records.map(plain));
  expectSame(
    "frames encoded again",
    decoded.map((record) => hex(codec.encode(record))),
    frames.map(hex),
  );
}

/** Decodes exactly `count` frames that fill the bytes. */
function decodeAll(codec: CodecUnderTest, bytes: Uint8Array, count: number): GeneratedRecord[] {
  const decoded: GeneratedRecord[] = [];
  let offset = 0;
  while (decoded.length < count) {
    const outcome = codec.decode(bytes, offset);
    if (outcome.kind !== "record")
      throw new Error(`at offset ${offset} expected a record, got ${fc.stringify(outcome)}`);
    decoded.push(outcome);
    offset = outcome.end;
  }
  expectSame("end of the last frame", offset, bytes.length);
  return decoded.map(plain);
}

/** The fields that count, in one order and of one class of bytes, so that they can be compared as text. */
function plain({ type, txid, key, payload }: GeneratedRecord): GeneratedRecord {
  return { type, txid, key: new Uint8Array(key), payload: new Uint8Array(payload) };
}

function wireSizeOf({ key, payload }: GeneratedRecord): number {
  return recordWireSize(key.length, payload.length);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
