import castagnoli from "crc-32/crc32c.js";
import { crc32cOfRange } from "./crc32c-of-range.js";

/**
 * A CRC-32C (Castagnoli): unsigned 32 bits; `crc(b, crc(a))` is the CRC of `a` followed by `b`.
 * Functions that make or check a CRC take one as their last argument.
 */
export interface Crc32c {
  (bytes: Uint8Array, seed?: number): number;
  /**
   * The CRC of the bytes [start, end), signed or not. Optional: it spares whoever goes over many frames a view of each.
   */
  readonly ofRange?: ((bytes: Uint8Array, start: number, end: number) => number) | undefined;
  /**
   * Takes memory of at least so many bytes whose ranges this CRC sums quickest: for who goes over many frames. Optional,
   * and `undefined` where there is none, or where it would not pay.
   */
  readonly takeMemory?: ((byteCount: number) => CrcMemory | undefined) | undefined;
}

/** Memory that its taker alone has, until it is released. Who does not release it makes others slower, and nothing else. */
export interface CrcMemory {
  /** As many bytes as were asked for, or more. They hold anything at first. */
  readonly bytes: Uint8Array;
  /** The same CRC: of whatever bytes, but quickest over ranges of `bytes` itself (not of views of it). */
  readonly crc: Crc32c;
  /** Gives the memory back: from then on somebody else writes there. A second call does nothing. */
  release(): void;
}

/**
 * Returns the CRC-32C of some bytes, by table: for short frames as quick as a call into hardware.
 *
 * @param bytes any number of bytes; only read.
 * @param seed the CRC of the bytes before these; 0 (the default) when these are the first.
 */
export const crc32c: Crc32c = Object.assign(
  (bytes: Uint8Array, seed = 0) => castagnoli.buf(bytes, seed) >>> 0,
  { ofRange: crc32cOfRange },
);

/** The CRC of the bytes [start, end), by whatever means `crc` has: signed, since V8 allocates memory for larger numbers. */
export function crcOfRange(crc: Crc32c, bytes: Uint8Array, start: number, end: number): number {
  return (crc.ofRange ? crc.ofRange(bytes, start, end) : crc(bytes.subarray(start, end))) | 0;
}
