import { CRC_LEN, recordWireSize } from "./layout.js";
import { readUint32, writeUint32 } from "./little-endian.js";
import { RecordType } from "./record-type.js";

// The payload of a group's head. All integers are little-endian.
//
//   offset  0         4         8       12
//           +---------+---------+-------+-------+-------+-----+
//           | version | records | bytes | CRC 1 | CRC 2 | ... |
//           +---------+---------+-------+-------+-------+-----+
//
// The bytes are those of the frames behind the head, the CRCs those that these frames end with.

/** What a head of this build says, and the only one that it reads. */
export const GROUP_VERSION = 1;
/** The frames of a group, its head apart, have at most so many bytes (64 MiB). */
export const GROUP_BYTES_MAX = 67_108_864;
/** A single record needs no head. */
const GROUP_RECORDS_MIN = 2;

const FIELDS_LEN = 12;
/** No record of a user's may have it: NUL, then "datawal.group" in ASCII, then two NULs. */
export const GROUP_KEY: Uint8Array = /* @__PURE__ */ Uint8Array.from("\0datawal.group\0\0", (c) =>
  c.charCodeAt(0),
);

/** What the head of a group says. */
export interface GroupHead {
  version: number;
  /** How many records the group has; 0 where the version is not {@link GROUP_VERSION}: nothing more is known. */
  records: number;
  /** Bytes of their frames. */
  bytes: number;
  /** The CRC-32C at the end of each of these frames, in order. */
  crcs: Uint32Array;
}

/** What of a record tells whether it is a head. */
interface Headlike {
  readonly type: RecordType;
  readonly key: Uint8Array;
  readonly payload: Uint8Array;
}

/** Whether bytes [start, end) are the key that heads of groups have, and no other record may. */
export function isGroupKey(bytes: Uint8Array, start = 0, end = bytes.length): boolean {
  if (end - start !== GROUP_KEY.length) return false;
  for (let index = 0; index < GROUP_KEY.length; index++) {
    if (bytes[start + index] !== GROUP_KEY[index]) return false;
  }
  return true;
}

/**
 * Reads the head of a group.
 *
 * @returns `undefined` for any other record, and for one whose payload is none of a head: that is a plain tombstone.
 */
export function decodeGroupHead({ type, key, payload }: Headlike): GroupHead | undefined {
  if (type !== RecordType.Delete || !isGroupKey(key) || payload.length < FIELDS_LEN) return undefined;
  const version = readUint32(payload, 0);
  if (version !== GROUP_VERSION) return { version, records: 0, bytes: 0, crcs: new Uint32Array() };
  const records = readUint32(payload, 4);
  const bytes = readUint32(payload, 8);
  const isSound =
    records >= GROUP_RECORDS_MIN &&
    payload.length === FIELDS_LEN + records * CRC_LEN &&
    bytes >= records * recordWireSize(0, 0) &&
    bytes <= GROUP_BYTES_MAX;
  if (!isSound) return undefined;
  const crcs = Uint32Array.from({ length: records }, (_, index) =>
    readUint32(payload, FIELDS_LEN + index * CRC_LEN),
  );
  return { version, records, bytes, crcs };
}

/**
 * The record that stands in front of a group's frames.
 *
 * @param bytes of these frames, and nothing else.
 * @param frames where in them each one lies, in order; at least two.
 */
export function groupHead(bytes: Uint8Array, frames: readonly { offset: number; len: number }[]): Headlike {
  const payload = new Uint8Array(FIELDS_LEN + frames.length * CRC_LEN);
  writeUint32(payload, 0, GROUP_VERSION);
  writeUint32(payload, 4, frames.length);
  writeUint32(payload, 8, bytes.length);
  let at = FIELDS_LEN;
  for (const { offset, len } of frames) {
    payload.set(bytes.subarray(offset + len - CRC_LEN, offset + len), at);
    at += CRC_LEN;
  }
  return { type: RecordType.Delete, key: GROUP_KEY, payload };
}

/** Bytes of the frame of a head. @param records Of its group. */
export function groupHeadWireSize(records: number): number {
  return recordWireSize(GROUP_KEY.length, FIELDS_LEN + records * CRC_LEN);
}
