import { type Crc32c, crcOfRange } from "./crc32c.js";
import { writeHeader } from "./encode-record.js";
import { FrameCursor } from "./frame-cursor.js";
import { CRC_LEN, HEADER_LEN, recordWireSize } from "./layout.js";
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
 * Encodes the head of a group in front of its frames.
 *
 * @param txid of the head.
 * @param target written at [offset, offset + {@link groupHeadWireSize}); from there on it holds the frames, whole.
 * @param records How many these are, at least two.
 * @param bytes Of these frames.
 */
export function encodeGroupHeadInto(
  txid: bigint,
  target: Uint8Array,
  offset: number,
  records: number,
  bytes: number,
  crc: Crc32c,
): void {
  const payloadLen = FIELDS_LEN + records * CRC_LEN;
  writeHeader(target, offset, RecordType.Delete, txid, GROUP_KEY.length, payloadLen);
  target.set(GROUP_KEY, offset + HEADER_LEN);
  const fields = offset + HEADER_LEN + GROUP_KEY.length;
  writeUint32(target, fields, GROUP_VERSION);
  writeUint32(target, fields + 4, records);
  writeUint32(target, fields + 8, bytes);
  const end = fields + payloadLen;
  const cursor = new FrameCursor();
  for (let at = fields + FIELDS_LEN, frame = end + CRC_LEN; at < end; at += CRC_LEN, frame = cursor.end) {
    cursor.readHeader(target, frame);
    writeUint32(target, at, readUint32(target, cursor.payloadEnd));
  }
  writeUint32(target, end, crcOfRange(crc, target, offset, end));
}

/** Bytes of the frame of a head. @param records Of its group. */
export function groupHeadWireSize(records: number): number {
  return recordWireSize(GROUP_KEY.length, FIELDS_LEN + records * CRC_LEN);
}
