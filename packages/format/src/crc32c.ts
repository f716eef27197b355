import castagnoli from "crc-32/crc32c.js";

/**
 * A CRC-32C (Castagnoli): unsigned 32 bits; `crc(b, crc(a))` is the CRC of `a` followed by `b`.
 * Functions that make or check a CRC take one as their last argument.
 */
export type Crc32c = (bytes: Uint8Array, seed?: number) => number;

/**
 * Returns the CRC-32C of some bytes, by table: for short frames as quick as a call into hardware.
 *
 * @param bytes any number of bytes; only read.
 * @param seed the CRC of the bytes before these; 0 (the default) when these are the first.
 */
export const crc32c: Crc32c = (bytes, seed = 0) => castagnoli.buf(bytes, seed) >>> 0;
