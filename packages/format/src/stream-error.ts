import type { DecodedCrcMismatch, DecodedInvalid, DecodedTruncated } from "./decode-next.js";
import { FormatError } from "./format-error.js";
import type { FrameDecoder } from "./frame-decoder.js";
import { describeInvalid, type InvalidReason } from "./invalid-reason.js";

const CODES = {
  "bad-magic": "ERR_DATAWAL_BAD_MAGIC",
  "unknown-version": "ERR_DATAWAL_UNKNOWN_VERSION",
  "unknown-record-type": "ERR_DATAWAL_UNKNOWN_RECORD_TYPE",
  "reserved-flags": "ERR_DATAWAL_RESERVED_FLAGS",
  "key-too-large": "ERR_DATAWAL_FRAME_KEY_TOO_LARGE",
  "payload-too-large": "ERR_DATAWAL_FRAME_PAYLOAD_TOO_LARGE",
} as const satisfies Record<InvalidReason, string>;

/** The error for what a decoder found at its offset where a whole frame should be. */
export function streamError(
  damage: DecodedInvalid | DecodedCrcMismatch | DecodedTruncated,
  decoder: FrameDecoder,
): FormatError {
  if (damage.kind === "invalid") return invalidError(damage, decoder);
  return damage.kind === "truncated" ? truncatedError(damage, decoder) : crcError(damage, decoder);
}

function invalidError(
  { reason, found }: DecodedInvalid,
  { offset, maxPayloadLen }: FrameDecoder,
): FormatError {
  const finding = describeInvalid(reason, found, maxPayloadLen);
  return new FormatError(CODES[reason], at(offset, finding), { offset, actual: found });
}

function crcError({ stored, computed }: DecodedCrcMismatch, { offset }: FrameDecoder): FormatError {
  const finding = `datawal: CRC mismatch, stored ${hex(stored)}, computed ${hex(computed)}`;
  return new FormatError("ERR_DATAWAL_CRC_MISMATCH", at(offset, finding), { offset, stored, computed });
}

function truncatedError({ available, needed }: DecodedTruncated, { offset }: FrameDecoder): FormatError {
  const finding = `datawal: the stream ended inside a frame, expected ${needed} bytes, got ${available}`;
  return new FormatError("ERR_DATAWAL_STREAM_TRUNCATED", at(offset, finding), { offset, available, needed });
}

function at(offset: number, finding: string): string {
  return `${finding}, at stream offset ${offset}; every record before it is good: resume there`;
}

function hex(crc: number): string {
  return `0x${crc.toString(16).padStart(8, "0")}`;
}
