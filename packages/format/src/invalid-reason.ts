import { MAX_KEY_LEN, MAX_PAYLOAD_LEN, WIRE_VERSION } from "./layout.js";

/** Why 24 bytes are not the header of a frame, in the order in which the checks are made. */
export type InvalidReason =
  | "bad-magic"
  | "unknown-version"
  | "unknown-record-type"
  | "reserved-flags"
  | "key-too-large"
  | "payload-too-large";

type Description = (found: number, maxPayloadLen: number) => string;

const DESCRIPTIONS: Record<InvalidReason, Description> = {
  "bad-magic": (found) => `bad magic, expected DWAL, got [${magicBytes(found).join(", ")}]`,
  "unknown-version": (found) => `unknown wire version ${found} (this build supports ${WIRE_VERSION})`,
  "unknown-record-type": (found) => `unknown record_type byte ${found}`,
  "reserved-flags": (found) => `reserved flags byte must be 0, got ${found}`,
  "key-too-large": (found) => `key_len ${found} exceeds MAX_KEY_LEN ${MAX_KEY_LEN}`,
  "payload-too-large": (found, limit) => `payload_len ${found} exceeds ${nameOfLimit(limit)} ${limit}`,
};

/**
 * Says why a header is invalid, in the words of the Rust reference: its texts begin with `datawal: `.
 *
 * @param found the offending field; the magic as a little-endian u32.
 * @param maxPayloadLen the limit in bytes that a payload exceeded, where it is a smaller one than the format's.
 */
export function describeInvalid(
  reason: InvalidReason,
  found: number,
  maxPayloadLen: number = MAX_PAYLOAD_LEN,
): string {
  return `datawal: ${DESCRIPTIONS[reason](found, maxPayloadLen)}`;
}

function magicBytes(found: number): number[] {
  return [found & 0xff, (found >>> 8) & 0xff, (found >>> 16) & 0xff, found >>> 24];
}

function nameOfLimit(maxPayloadLen: number): string {
  return maxPayloadLen === MAX_PAYLOAD_LEN ? "MAX_PAYLOAD_LEN" : "maxPayloadLen";
}
