import { CRC_LEN, type Crc32c, FrameCursor, HEADER_LEN, MAGIC } from "@datawal/format";
import type { ProgressStep, Steps } from "@datawal/safeatomic";
import type { FileRange } from "../file-range.js";
import { CHUNK_BYTES, readExactly } from "../segment-reader.js";

/** A valid frame, by its place in the file. */
export interface FoundFrame {
  offset: number;
  len: number;
  txid: bigint;
}

/** Thrown when a search has cost more CRC work than it may. */
export class SearchBudgetExhausted extends Error {}

/** A stretch of a file that is searched for frames: random access through one reused window, on a budget. */
export class SearchRegion {
  /** Where it ends, in bytes from the start of the file. */
  readonly end: number;
  readonly #range: FileRange;
  readonly #crc: Crc32c;
  readonly #cursor = new FrameCursor();
  readonly #window: Uint8Array;
  #windowOffset = 0;
  #windowLength = 0;
  #crcBytesLeft: number;

  /** @param crcBytesMax how many bytes may go through the CRC before the search is given up. */
  constructor(range: FileRange, crc: Crc32c, crcBytesMax: number) {
    this.end = range.offset + range.byteCount;
    this.#range = range;
    this.#crc = crc;
    this.#crcBytesLeft = crcBytesMax;
    this.#window = new Uint8Array(Math.min(CHUNK_BYTES, range.byteCount));
  }

  /** A copy of the 24 bytes at `offset`; `undefined` where the region has fewer. */
  headerAt(offset: number): Uint8Array | undefined {
    return offset + HEADER_LEN <= this.end ? this.#bytes(offset, HEADER_LEN).slice() : undefined;
  }

  /** The txid in a sound header at `offset`, if there is one. */
  txidAt(offset: number): bigint | undefined {
    const header = this.headerAt(offset);
    return header && this.#cursor.readHeader(header, 0) === "header" ? this.#cursor.txid : undefined;
  }

  /** The frame that starts exactly here, if its header is sound, it ends inside the region and its CRC is good. */
  *frameAt(offset: number): Steps<FoundFrame | undefined> {
    if (offset + HEADER_LEN > this.end) return undefined;
    const header = this.#bytes(offset, HEADER_LEN);
    if (this.#cursor.readHeader(header, 0) !== "header") return undefined;
    const { end: len, txid } = this.#cursor;
    return (yield* this.isFrame(offset, len, header)) ? { offset, len, txid } : undefined;
  }

  /** Whether a frame of that length stands here, or would with that header. */
  *isFrame(offset: number, len: number, header: Uint8Array): Steps<boolean> {
    if (offset + len > this.end) return false;
    this.#crcBytesLeft -= len;
    if (this.#crcBytesLeft < 0) throw new SearchBudgetExhausted();
    const crcOffset = offset + len - CRC_LEN;
    let crc = this.#crc(header);
    for (let at = offset + HEADER_LEN; at < crcOffset; ) {
      const piece = this.#bytes(at, Math.min(CHUNK_BYTES, crcOffset - at));
      crc = this.#crc(piece, crc);
      at += piece.length;
      if (at < crcOffset) yield this.progress(at);
    }
    const stored = this.#bytes(crcOffset, CRC_LEN);
    return new DataView(stored.buffer, stored.byteOffset, CRC_LEN).getUint32(0, true) === crc >>> 0;
  }

  /** Where the next magic starts, at `from` or behind but before `stop`, with room for a header. */
  *nextMagic(from: number, stop: number): Steps<number | undefined> {
    const last = Math.min(stop - 1, this.end - HEADER_LEN);
    for (let offset = from; offset <= last; ) {
      const piece = this.#atHand(offset);
      const found = Buffer.from(piece.buffer, piece.byteOffset, piece.length).indexOf(MAGIC);
      if (found >= 0) return offset + found <= last ? offset + found : undefined;
      offset += piece.length - (MAGIC.length - 1);
      yield this.progress(offset);
    }
    return undefined;
  }

  progress(offset: number): ProgressStep {
    const { offset: start, byteCount } = this.#range;
    return { kind: "progress", bytesDone: offset - start, bytesTotal: byteCount };
  }

  /** A view, valid until the next call. */
  #bytes(offset: number, byteCount: number): Uint8Array {
    const end = offset + byteCount;
    if (offset < this.#windowOffset || end > this.#windowOffset + this.#windowLength) {
      this.#windowLength = 0;
      const length = Math.min(this.#window.length, this.end - offset);
      readExactly(this.#range.file, this.#range.path, this.#window, 0, length, offset);
      this.#windowOffset = offset;
      this.#windowLength = length;
    }
    return this.#window.subarray(offset - this.#windowOffset, end - this.#windowOffset);
  }

  /** All that the window holds from `offset` on, at least a header: to fill it anew for each magic would be quadratic. */
  #atHand(offset: number): Uint8Array {
    this.#bytes(offset, HEADER_LEN);
    return this.#window.subarray(offset - this.#windowOffset, this.#windowLength);
  }
}
