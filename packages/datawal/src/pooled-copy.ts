import type { Bytes } from "@datawal/format";

/** Half of what Node's buffers share a pool up to. */
const PIECE_BYTES = 4000;
/** Copies up to this length are parts of a piece; the rest of it is given up for a longer one. */
const POOLED_BYTES_MAX = 1000;

/** Memory of Node's pool of buffers, which cannot be transferred to another thread: nobody else's copy goes with it. */
let piece = Buffer.alloc(0);
let used = 0;

/**
 * Copies the bytes [start, end). Memory of its own costs a small copy as much as reading a small record does, so small
 * ones are parts of a larger `ArrayBuffer`.
 */
export function copyOf(bytes: Uint8Array, start: number, end: number): Bytes {
  const byteCount = end - start;
  if (byteCount > POOLED_BYTES_MAX) return Uint8Array.prototype.slice.call(bytes, start, end);
  if (used + byteCount > piece.length) {
    piece = Buffer.allocUnsafe(PIECE_BYTES);
    used = 0;
  }
  const copy = new Uint8Array(piece.buffer, piece.byteOffset + used, byteCount);
  copy.set(bytes.subarray(start, end));
  used += byteCount;
  return copy;
}
