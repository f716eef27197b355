import { type Crc32c, crc32c, crcOfRange } from "./crc32c.js";
import { checkRoom, checkTxid, writeTxid } from "./encode-record.js";
import type { FrameCursor } from "./frame-cursor.js";
import { TXID_OFFSET } from "./layout.js";
import { writeUint32 } from "./little-endian.js";

/**
 * Copies a frame under another txid, and so another CRC.
 *
 * @param cursor after `record`: it stands on the frame.
 * @param txid 0 to 2^64 - 1.
 * @param target written at [offset, offset + returned), which may not overlap the cursor's bytes.
 * @param offset 0 or more, in bytes.
 * @returns The bytes written: the frame's length.
 * @throws {TypeError} ERR_DATAWAL_NOT_BYTES, ERR_DATAWAL_BAD_TXID; nothing was written
 * @throws {RangeError} ERR_DATAWAL_BAD_TXID, ERR_DATAWAL_NOT_WHOLE_BYTES, ERR_DATAWAL_TARGET_TOO_SMALL; nothing was
 *   written
 */
export function copyFrameInto(
  cursor: FrameCursor,
  txid: bigint,
  target: Uint8Array,
  offset: number,
  crc: Crc32c = crc32c,
): number {
  const { bytes, start, payloadEnd, end } = cursor;
  checkTxid(txid);
  checkRoom(target, offset, end - start);
  target.set(bytes.subarray(start, payloadEnd), offset);
  renumber(txid, target, offset, offset + payloadEnd - start, crc);
  return end - start;
}

/** Gives a frame another txid, and so another CRC, which lies at `crcOffset`. */
export function renumber(
  txid: bigint,
  target: Uint8Array,
  offset: number,
  crcOffset: number,
  crc: Crc32c,
): void {
  writeTxid(target, offset + TXID_OFFSET, txid);
  writeUint32(target, crcOffset, crcOfRange(crc, target, offset, crcOffset));
}
