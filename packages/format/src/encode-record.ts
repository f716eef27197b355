import { type Bytes, type BytesLike, bytesOf, checkedLength, NO_BYTES } from "./bytes.js";
import { type Crc32c, crc32c, crcOfRange } from "./crc32c.js";
import { withCode } from "./format-error.js";
import { describeInvalid } from "./invalid-reason.js";
import {
  CRC_LEN,
  FLAGS_OFFSET,
  HEADER_LEN,
  KEY_LEN_OFFSET,
  MAGIC_OFFSET,
  MAGIC_UINT32,
  MAX_KEY_LEN,
  MAX_PAYLOAD_LEN,
  PAYLOAD_LEN_OFFSET,
  recordWireSize,
  TXID_OFFSET,
  TYPE_OFFSET,
  VERSION_OFFSET,
  WIRE_VERSION,
} from "./layout.js";
import { writeUint16, writeUint32 } from "./little-endian.js";
import { checkRecordType, type RecordType } from "./record-type.js";
import { checkWholeBytes } from "./whole-bytes.js";

/** A record to be encoded. An absent key or payload is an empty one; every type may have both. */
export interface EncodableRecord {
  readonly type: RecordType;
  /** 0 to 2^64 - 1. */
  readonly txid: bigint;
  /** 0 to {@link MAX_KEY_LEN} bytes. */
  readonly key?: BytesLike | undefined;
  /** 0 to {@link MAX_PAYLOAD_LEN} bytes. */
  readonly payload?: BytesLike | undefined;
}

/** A record whose bytes and limits have been checked. */
export interface CheckedRecord {
  readonly type: RecordType;
  readonly txid: bigint;
  readonly key: Uint8Array;
  readonly payload: Uint8Array;
}

/** The fields of a header, for {@link encodeHeaderInto}. Lengths in bytes. */
export interface EncodableHeader {
  readonly type: RecordType;
  /** 0 to 2^64 - 1. */
  readonly txid: bigint;
  readonly keyLen: number;
  readonly payloadLen: number;
}

const UINT64_MAX = 0xffff_ffff_ffff_ffffn;

/**
 * Encodes a record as a frame.
 *
 * @returns A fresh array of exactly the frame's bytes.
 * @throws {TypeError} ERR_DATAWAL_NOT_BYTES, ERR_DATAWAL_MALFORMED_STRING, ERR_DATAWAL_BAD_TXID
 * @throws {RangeError} ERR_DATAWAL_KEY_TOO_LARGE, ERR_DATAWAL_PAYLOAD_TOO_LARGE (both before anything is
 *   allocated, the key first), ERR_DATAWAL_BAD_RECORD_TYPE, ERR_DATAWAL_BAD_TXID
 */
export function encodeRecord(record: EncodableRecord, crc: Crc32c = crc32c): Bytes {
  const checked = checkedRecord(record);
  const frame = new Uint8Array(recordWireSize(checked.key.length, checked.payload.length));
  encodeCheckedInto(checked, frame, 0, crc);
  return frame;
}

/**
 * Encodes a record as a frame into memory of the caller's.
 *
 * @param target written at [offset, offset + returned); neither the key nor the payload may lie there.
 * @param offset 0 or more, in bytes.
 * @returns The bytes written: the frame's length.
 * @throws {TypeError} as {@link encodeRecord}; nothing was written
 * @throws {RangeError} as {@link encodeRecord}, and ERR_DATAWAL_NOT_WHOLE_BYTES, ERR_DATAWAL_TARGET_TOO_SMALL;
 *   nothing was written
 */
export function encodeRecordInto(
  record: EncodableRecord,
  target: Uint8Array,
  offset: number,
  crc: Crc32c = crc32c,
): number {
  const checked = checkedRecord(record);
  checkRoom(target, offset, recordWireSize(checked.key.length, checked.payload.length));
  return encodeCheckedInto(checked, target, offset, crc);
}

/**
 * As {@link encodeRecordInto}, for who has made sure of everything that it checks: nothing is checked again.
 *
 * @returns The bytes written: the frame's length.
 */
export function encodeCheckedInto(
  { type, txid, key, payload }: CheckedRecord,
  target: Uint8Array,
  offset: number,
  crc: Crc32c,
): number {
  writeHeader(target, offset, type, txid, key.length, payload.length);
  const payloadStart = offset + HEADER_LEN + key.length;
  const payloadEnd = payloadStart + payload.length;
  copyInto(target, key, offset + HEADER_LEN);
  copyInto(target, payload, payloadStart);
  // Made of the copy: key and payload may be shared memory that changes meanwhile.
  writeUint32(target, payloadEnd, crcOfRange(crc, target, offset, payloadEnd));
  return payloadEnd + CRC_LEN - offset;
}

/** Up to this length a loop is quicker than a call (bench: append). */
const SHORT_LEN_MAX = 24;

function copyInto(target: Uint8Array, source: Uint8Array, offset: number): void {
  const { length } = source;
  if (length > SHORT_LEN_MAX) target.set(source, offset);
  else for (let index = 0; index < length; index++) target[offset + index] = source[index]!;
}

/**
 * Encodes the header of a frame whose key, payload and CRC are written elsewhere: for gathered writes. The
 * CRC is `crc(payload, crc(key, crc(header)))`.
 *
 * @param target written at [offset, offset + {@link HEADER_LEN}).
 * @param offset 0 or more, in bytes.
 * @returns {@link HEADER_LEN}.
 * @throws {TypeError} ERR_DATAWAL_NOT_BYTES, ERR_DATAWAL_BAD_TXID; nothing was written
 * @throws {RangeError} ERR_DATAWAL_KEY_TOO_LARGE, ERR_DATAWAL_PAYLOAD_TOO_LARGE, ERR_DATAWAL_BAD_RECORD_TYPE,
 *   ERR_DATAWAL_BAD_TXID, ERR_DATAWAL_NOT_WHOLE_BYTES, ERR_DATAWAL_TARGET_TOO_SMALL; nothing was written
 */
export function encodeHeaderInto(header: EncodableHeader, target: Uint8Array, offset: number): number {
  const { type, txid, keyLen, payloadLen } = header;
  checkRecordLimits(keyLen, payloadLen);
  checkRecordType(type);
  checkTxid(txid);
  checkRoom(target, offset, HEADER_LEN);
  writeHeader(target, offset, type, txid, keyLen, payloadLen);
  return HEADER_LEN;
}

/**
 * Checks the lengths of a record against the limits of the format, the key first.
 *
 * @param keyLen bytes of the key.
 * @param payloadLen bytes of the payload.
 * @throws {RangeError} ERR_DATAWAL_KEY_TOO_LARGE, ERR_DATAWAL_PAYLOAD_TOO_LARGE, ERR_DATAWAL_NOT_WHOLE_BYTES
 */
export function checkRecordLimits(keyLen: number, payloadLen: number): void {
  checkWholeBytes(keyLen, "keyLen");
  checkWholeBytes(payloadLen, "payloadLen");
  if (keyLen > MAX_KEY_LEN) {
    const mistake = new RangeError(describeInvalid("key-too-large", keyLen));
    throw withCode(mistake, "ERR_DATAWAL_KEY_TOO_LARGE", { actual: keyLen, limit: MAX_KEY_LEN });
  }
  if (payloadLen > MAX_PAYLOAD_LEN) {
    const mistake = new RangeError(describeInvalid("payload-too-large", payloadLen));
    throw withCode(mistake, "ERR_DATAWAL_PAYLOAD_TOO_LARGE", { actual: payloadLen, limit: MAX_PAYLOAD_LEN });
  }
}

function checkedRecord({ type, txid, key = NO_BYTES, payload = NO_BYTES }: EncodableRecord): CheckedRecord {
  const record = { type, txid, key: bytesOf(key, "key"), payload: bytesOf(payload, "payload") };
  checkRecordLimits(record.key.length, record.payload.length);
  checkRecordType(type);
  checkTxid(txid);
  return record;
}

/** Nothing is checked. */
export function writeHeader(
  target: Uint8Array,
  offset: number,
  type: RecordType,
  txid: bigint,
  keyLen: number,
  payloadLen: number,
): void {
  writeUint32(target, offset + MAGIC_OFFSET, MAGIC_UINT32);
  writeUint16(target, offset + VERSION_OFFSET, WIRE_VERSION);
  target[offset + TYPE_OFFSET] = type;
  target[offset + FLAGS_OFFSET] = 0;
  writeTxid(target, offset + TXID_OFFSET, txid);
  writeUint32(target, offset + KEY_LEN_OFFSET, keyLen);
  writeUint32(target, offset + PAYLOAD_LEN_OFFSET, payloadLen);
}

/** By way of a number where it is exact: arithmetic on a bigint allocates. */
export function writeTxid(target: Uint8Array, at: number, txid: bigint): void {
  const number = Number(txid);
  const isExact = number <= Number.MAX_SAFE_INTEGER;
  writeUint32(target, at, isExact ? number : Number(BigInt.asUintN(32, txid)));
  writeUint32(target, at + 4, isExact ? number / 2 ** 32 : Number(txid >> 32n));
}

export function checkTxid(txid: bigint): void {
  if (typeof txid === "bigint" && txid >= 0n && txid <= UINT64_MAX) return;
  const message = `txid expected a bigint from 0 to 2^64 - 1, got ${String(txid)}`;
  const mistake = typeof txid === "bigint" ? new RangeError(message) : new TypeError(message);
  throw withCode(mistake, "ERR_DATAWAL_BAD_TXID", { actual: txid });
}

export function checkRoom(target: Uint8Array, offset: number, needed: number): void {
  checkWholeBytes(offset, "offset");
  const available = Math.max(0, checkedLength(target, "target") - offset);
  if (available >= needed) return;
  const message = `target expected room for ${needed} bytes from offset ${offset}, got ${available}`;
  throw withCode(new RangeError(message), "ERR_DATAWAL_TARGET_TOO_SMALL", { needed, available });
}
