import { type Decoded, HEADER_LEN, type InvalidReason } from "@datawal/format";
import type { MessageWriter } from "../../reference/message.js";

/** The outcomes of the decoder, those apart that different checks give. */
export const OUTCOMES = [
  "record",
  "cut-header",
  "cut-body",
  "crc-mismatch",
  "bad-magic",
  "unknown-version",
  "unknown-record-type",
  "reserved-flags",
  "key-too-large",
  "payload-too-large",
] as const;

const INVALID_NUMBERS: Readonly<Record<InvalidReason, number>> = {
  "bad-magic": 3,
  "unknown-version": 4,
  "unknown-record-type": 5,
  "reserved-flags": 6,
  "key-too-large": 7,
  "payload-too-large": 8,
};

/** @param available bytes from the offset to the end of the buffer. */
export function outcomeName(decoded: Decoded, available: number): string {
  if (decoded.kind === "invalid") return decoded.reason;
  if (decoded.kind !== "truncated") return decoded.kind;
  return available < HEADER_LEN ? "cut-header" : "cut-body";
}

/** Writes an outcome as rust/src/decoder.rs writes the reference's. */
export function writeOutcome(message: MessageWriter, decoded: Decoded): void {
  switch (decoded.kind) {
    case "record":
      message.u8(0).u8(decoded.type).u64(decoded.txid).u32(decoded.len);
      message.bytes(decoded.key).bytes(decoded.payload);
      break;
    case "truncated":
      message.u8(1).u64(BigInt(decoded.available)).u64(BigInt(decoded.needed));
      break;
    case "crc-mismatch":
      message.u8(2).u32(decoded.len);
      break;
    case "invalid":
      message.u8(INVALID_NUMBERS[decoded.reason]).u32(decoded.found);
      break;
  }
}
