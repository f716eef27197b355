import type { ByteBuffer } from "../output/byte-buffer.js";

/** Digits of the largest 32-bit integer. */
const INT32_DIGITS_MAX = 10;
const INT32_MAX = 0x7fff_ffff;

/**
 * Writes a whole number with all its digits.
 *
 * @param width Characters at least; `fill` stands in front of a shorter number.
 */
export function writeDecimal(
  buffer: ByteBuffer,
  value: number,
  width = 0,
  fill: typeof SPACE | typeof ZERO = SPACE,
): void {
  // Most numbers are small, and small integers are quickly divided.
  if (value <= INT32_MAX) writeInt32(buffer, value | 0, width, fill);
  else buffer.text(String(value).padStart(width, String.fromCharCode(fill)));
}

/** As {@link writeDecimal}; a number of its own kind, since what takes either kind takes longer. */
export function writeTxid(buffer: ByteBuffer, txid: bigint, width = 0): void {
  const rounded = Number(txid);
  if (rounded <= INT32_MAX) writeInt32(buffer, rounded | 0, width, SPACE);
  else buffer.text(String(txid).padStart(width));
}

/** Characters that may stand in front of a number. */
export const SPACE = 0x20;
export const ZERO = 0x30;

function writeInt32(buffer: ByteBuffer, value: number, width: number, fill: number): void {
  const characters = Math.max(width, digitCount(value));
  buffer.reserve(characters);
  const { bytes } = buffer;
  const end = buffer.length + characters;
  let at = end;
  let rest = value;
  do {
    const tenth = (rest / 10) | 0;
    bytes[--at] = ZERO + (rest - 10 * tenth);
    rest = tenth;
  } while (rest > 0);
  while (at > buffer.length) bytes[--at] = fill;
  buffer.length = end;
}

function digitCount(value: number): number {
  let count = 1;
  for (let bound = 10; value >= bound && count < INT32_DIGITS_MAX; bound *= 10) count++;
  return count;
}
