import { type Bytes, fixedView } from "./bytes.js";
import type { Crc32c } from "./crc32c.js";
import { FrameCursor, type FrameOutcome } from "./frame-cursor.js";
import type { InvalidReason } from "./invalid-reason.js";
import type { RecordType } from "./record-type.js";

/**
 * A whole valid frame. `end` is the offset of the byte after it, `len` the bytes of the frame; `key` and
 * `payload` are views of the memory it was decoded from.
 */
export interface DecodedRecord {
  readonly kind: "record";
  readonly type: RecordType;
  readonly txid: bigint;
  readonly key: Bytes;
  readonly payload: Bytes;
  readonly end: number;
  readonly len: number;
}

/** Fewer bytes than the frame needs: 24 while its header is not whole, then its whole length. */
export interface DecodedTruncated {
  readonly kind: "truncated";
  readonly available: number;
  readonly needed: number;
}

/** A sane header over bytes that are not those the CRC was made of. `end` and `len` are what the header claims. */
export interface DecodedCrcMismatch {
  readonly kind: "crc-mismatch";
  readonly end: number;
  readonly len: number;
  readonly stored: number;
  readonly computed: number;
}

/** No header. `found` is the offending field; the magic as a little-endian u32. */
export interface DecodedInvalid {
  readonly kind: "invalid";
  readonly reason: InvalidReason;
  readonly found: number;
}

/** What stands at an offset. */
export type Decoded = DecodedRecord | DecodedTruncated | DecodedCrcMismatch | DecodedInvalid;

/**
 * Decodes the frame at an offset. Whatever the bytes, it returns a value and does not read past their end.
 *
 * @param bytes at least one frame, or any bytes; only read.
 * @param offset 0 or more, in bytes; beyond the end the outcome is `truncated`.
 * @returns What stands there. `key` and `payload` are views of `bytes`: copy them (`slice`) before you change
 *   or reuse those. On a `SharedArrayBuffer` they are copies, made after the CRC was checked.
 * @throws {TypeError} ERR_DATAWAL_NOT_BYTES
 * @throws {RangeError} ERR_DATAWAL_NOT_WHOLE_BYTES: the offset is not a whole number from 0
 */
export function decodeNext(bytes: Uint8Array, offset: number, crc?: Crc32c): Decoded {
  const cursor = new FrameCursor();
  return decodedFrom(cursor, cursor.read(fixedView(bytes, "bytes"), offset, crc), 0);
}

/** Turns what a cursor has just read into a value. @param base is added to its offsets. */
export function decodedFrom(cursor: FrameCursor, outcome: FrameOutcome, base: number): Decoded {
  switch (outcome) {
    case "record": {
      const { type, txid, key, payload } = cursor;
      return { kind: outcome, type, txid, key, payload, ...extentOf(cursor, base) };
    }
    case "truncated":
      return { kind: outcome, available: cursor.available, needed: cursor.needed };
    case "crc-mismatch": {
      const { storedCrc: stored, computedCrc: computed } = cursor;
      return { kind: outcome, ...extentOf(cursor, base), stored, computed };
    }
    default:
      return { kind: "invalid", reason: outcome, found: cursor.found };
  }
}

function extentOf(cursor: FrameCursor, base: number): { end: number; len: number } {
  return { end: base + cursor.end, len: cursor.end - cursor.start };
}
