import { markAsUntransferable } from "node:worker_threads";

/** Twice as much as Node's buffers share: who keeps one small record keeps as much from being collected. */
const PIECE_BYTES = 16 * 1024;
/** Up to this length a record is read into a part of a piece; the rest of it is given up for a longer one. */
const POOLED_BYTES_MAX = 2048;

/**
 * Memory for records that whoever asked for them keeps: none of it is used twice. Memory of its own costs a small record
 * as much as reading it does, so small ones are parts of a larger `ArrayBuffer`, as with Node's own buffers.
 */
export class FreshMemory {
  /** Where {@link take} has found room. Holds anything. */
  bytes = new Uint8Array(0);
  #piece = this.bytes;
  #usedBytes = 0;

  /** Makes room in {@link bytes}; returns where it begins. */
  take(byteCount: number): number {
    if (byteCount > POOLED_BYTES_MAX) {
      this.bytes = new Uint8Array(Buffer.allocUnsafeSlow(byteCount).buffer);
      return 0;
    }
    if (this.#usedBytes + byteCount > this.#piece.length) {
      this.#piece = new Uint8Array(PIECE_BYTES);
      // Else the records of others would go with one that is handed to another thread.
      markAsUntransferable(this.#piece.buffer);
      this.#usedBytes = 0;
    }
    this.bytes = this.#piece;
    const offset = this.#usedBytes;
    this.#usedBytes += byteCount;
    return offset;
  }
}
