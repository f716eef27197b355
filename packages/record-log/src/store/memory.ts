import { markAsUntransferable } from "node:worker_threads";
import type { Crc32c, CrcMemory } from "@datawal/format";

/**
 * Whose memory it is that frames are read into.
 * - `own`: its holder's, who uses it again; views of it are valid until the holder goes on.
 * - `lent`: as own, but the CRC's where it has some, and given back by {@link FrameMemory.release}.
 * - `kept`: of whoever was handed views of it; never used again, so that they stay valid.
 */
export type Ownership = "own" | "lent" | "kept";

/** Longer memory is made for whoever asks, which pays for who keeps it. */
const LENT_BYTES_MAX = 512 * 1024;

/** What one holder reads frames into. */
export class FrameMemory {
  bytes: Uint8Array = new Uint8Array(0);
  /** Quickest over ranges of {@link bytes} itself, not of views of it. */
  crc: Crc32c;
  readonly #crc: Crc32c;
  #lent: CrcMemory | undefined;

  constructor(crc: Crc32c) {
    this.crc = this.#crc = crc;
  }

  /** Makes {@link bytes} at least so long, those in [from, to) at its start; the others hold anything. */
  makeRoom(byteCount: number, whose: Ownership, from = 0, to = 0): void {
    const before = this.bytes;
    const isEnough = whose !== "kept" && before.length >= byteCount;
    const lent = whose === "lent" && !(this.#lent && isEnough) ? this.#ask(byteCount) : undefined;
    if (isEnough && !lent) {
      if (from > 0) before.copyWithin(0, from, to);
      return;
    }
    this.bytes = lent?.bytes ?? new Uint8Array(byteCount);
    this.crc = lent?.crc ?? this.#crc;
    this.bytes.set(before.subarray(from, to));
    this.#lent?.release();
    this.#lent = lent;
  }

  /** Gives back what is lent, and holds nothing. */
  release(): void {
    this.#lent?.release();
    this.#lent = undefined;
    this.bytes = new Uint8Array(0);
    this.crc = this.#crc;
  }

  /** For no less than there is: what is longer than any that is lent stays. */
  #ask(byteCount: number): CrcMemory | undefined {
    return lentMemory(this.#crc, Math.max(byteCount, this.bytes.length));
  }
}

/** Memory that the CRC sums quickest; `undefined` where it has none, or none of that length, to lend. */
export function lentMemory(crc: Crc32c, byteCount: number): CrcMemory | undefined {
  return byteCount <= LENT_BYTES_MAX ? crc.takeMemory?.(byteCount) : undefined;
}

/** Twice as much as Node's buffers share: who keeps one small record keeps as much from being collected. */
const PIECE_BYTES = 16 * 1024;
/** Up to this length a record is read into a part of a piece; the rest of it is given up for a longer one. */
const POOLED_BYTES_MAX = 2048;

/**
 * Kept memory for single records. Memory of its own costs a small record as much as reading it does, so small ones are
 * parts of a larger `ArrayBuffer`, as with Node's own buffers.
 */
export class KeptPieces {
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
