import castagnoli from "crc-32/crc32c.js";

/**
 * How many bytes are taken in at once, with a table for each: "slicing by 8". Twice as many are a little quicker over
 * long inputs, and slower where the kernel has just used the cache: measured between two writes.
 */
const SLICES = 8;

const tables = slicingTables(SLICES);

/**
 * The CRC-32C of the bytes [start, end), by table, as a signed number: one above 2^31 would be an allocation for each
 * call. The library `crc-32` computes that of whole arrays only, and a view of each frame is 200 bytes of garbage.
 */
export function crc32cOfRange(bytes: Uint8Array, start: number, end: number): number {
  const t = tables;
  let crc = -1;
  let at = start;
  for (const last = end - SLICES; at <= last; at += SLICES) {
    crc =
      t[0x700 + ((crc ^ bytes[at]!) & 0xff)]! ^
      t[0x600 + (((crc >>> 8) ^ bytes[at + 1]!) & 0xff)]! ^
      t[0x500 + (((crc >>> 16) ^ bytes[at + 2]!) & 0xff)]! ^
      t[0x400 + ((crc >>> 24) ^ bytes[at + 3]!)]! ^
      t[0x300 + bytes[at + 4]!]! ^
      t[0x200 + bytes[at + 5]!]! ^
      t[0x100 + bytes[at + 6]!]! ^
      t[bytes[at + 7]!]!;
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ t[(crc ^ bytes[at]!) & 0xff]!;
  return ~crc;
}

/** Tables of 256 entries, one behind the other, as many as there are `slices`: the n-th is for a byte that n others follow. */
export function slicingTables(slices: number): Int32Array {
  const all = new Int32Array(256 * slices);
  // A single byte's CRC, from a register of zero and without the final inversion, is the table's entry.
  for (let byte = 0; byte < 256; byte++) all[byte] = ~castagnoli.buf([byte], -1);
  for (let index = 256; index < all.length; index++) {
    const previous = all[index - 256]!;
    all[index] = (previous >>> 8) ^ all[previous & 0xff]!;
  }
  return all;
}
