import { CRC_LEN, type Crc32c, FrameCursor, HEADER_LEN, MAGIC, WIRE_VERSION } from "@datawal/format";
import type { ProgressStep, Steps } from "@datawal/safeatomic/internal";
import { CHUNK_BYTES, type FileRange, readBytes, readExactly } from "../store/file-range.js";

/** A valid frame, by its place in the file. */
export interface FoundFrame {
  offset: number;
  len: number;
  txid: bigint;
}

/** Thrown when a search has cost more than it may. */
export class SearchBudgetExhausted extends Error {}

/** What a search may cost, in CRC work and again in what it reads and tries: times the region (disk-rules R6). */
const BUDGET_FACTOR = 4;
/** What a search may cost in any case: small regions are soon searched, and guessing lengths may cost more there. */
const BUDGET_BYTES_MIN = 64 * 1024;

/** How every frame begins. */
const BEGINNING = Buffer.of(...MAGIC, WIRE_VERSION, 0);
/** What a system call for a single header costs, in bytes: so many such calls that they would count are hostile. */
const CALL_COST_BYTES = 128;

/**
 * A stretch of a file that is searched for frames: random access through one reused window. It has two budgets of
 * equal size: one for the bytes that go through the CRC, one for those that are read and the headers that are tried.
 * The search is given up when one is spent.
 */
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
  #lookBytesLeft: number;

  constructor(range: FileRange, crc: Crc32c) {
    this.end = range.offset + range.byteCount;
    this.#range = range;
    this.#crc = crc;
    this.#crcBytesLeft = this.#lookBytesLeft = Math.max(BUDGET_FACTOR * range.byteCount, BUDGET_BYTES_MIN);
    this.#window = new Uint8Array(Math.min(CHUNK_BYTES, range.byteCount));
  }

  /** A copy of the 24 bytes at `offset`; `undefined` where the region has fewer. The window stays where it is. */
  headerAt(offset: number): Uint8Array | undefined {
    if (offset + HEADER_LEN > this.end) return undefined;
    if (this.#isAtHand(offset, HEADER_LEN)) return this.#bytes(offset, HEADER_LEN).slice();
    this.#spend(CALL_COST_BYTES);
    return readBytes(this.#range.file, this.#range.path, offset, HEADER_LEN);
  }

  /** The txid in a sound header at `offset`, if there is one. */
  txidAt(offset: number): bigint | undefined {
    const header = this.headerAt(offset);
    return header && this.#cursor.readHeader(header, 0) === "header" ? this.#cursor.txid : undefined;
  }

  /** The frame that starts exactly here, if its header is sound, it ends inside the region and its CRC is good. */
  *frameAt(offset: number): Steps<FoundFrame | undefined> {
    const header = this.headerAt(offset);
    if (!header || this.#cursor.readHeader(header, 0) !== "header") return undefined;
    const { end: len, txid } = this.#cursor;
    return (yield* this.isFrame(offset, len, header)) ? { offset, len, txid } : undefined;
  }

  /** Whether a frame of that length stands here, or would with that header. */
  *isFrame(offset: number, len: number, header: Uint8Array): Steps<boolean> {
    if (offset + len > this.end) return false;
    this.#crcBytesLeft -= len;
    if (this.#crcBytesLeft < 0) throw new SearchBudgetExhausted();
    const crcOffset = offset + len - CRC_LEN;
    // From its start: what comes next to be looked at is behind that, and were the window to start later, before it.
    this.#bytes(offset, Math.min(len, this.#window.length));
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

  /** The next sound header of a frame that would end in the region, at `from` or behind but before `stop`. */
  *nextHeader(from: number, stop: number): Steps<number | undefined> {
    const last = Math.min(stop - 1, this.end - HEADER_LEN);
    for (let offset = from; offset <= last; ) {
      const piece = this.#atHand(offset);
      const found = offset + this.#findHeader(piece, this.end - offset);
      if (found >= offset) return found <= last ? found : undefined;
      offset += piece.length - (HEADER_LEN - 1);
      yield this.progress(offset);
    }
    return undefined;
  }

  /** The first valid frame that begins at `from` or behind but before `stop`, nested in another or not. */
  *nextFrame(from: number, stop: number): Steps<FoundFrame | undefined> {
    let candidate = yield* this.nextHeader(from, stop);
    while (candidate !== undefined) {
      const frame = yield* this.frameAt(candidate);
      if (frame) return frame;
      yield this.progress(candidate);
      candidate = yield* this.nextHeader(candidate + 1, stop);
    }
    return undefined;
  }

  /** Where such a header stands in a piece; -1 where none does. */
  #findHeader(piece: Uint8Array, frameEndMax: number): number {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
    for (let at = bytes.indexOf(BEGINNING); at >= 0; at = bytes.indexOf(BEGINNING, at + 1)) {
      if (at + HEADER_LEN > piece.length) return -1;
      this.#spend(HEADER_LEN);
      if (this.#cursor.readHeader(piece, at) === "header" && this.#cursor.end <= frameEndMax) return at;
    }
    return -1;
  }

  progress(offset: number): ProgressStep {
    const { offset: start, byteCount } = this.#range;
    return { kind: "progress", bytesDone: offset - start, bytesTotal: byteCount };
  }

  #spend(byteCount: number): void {
    this.#lookBytesLeft -= byteCount;
    if (this.#lookBytesLeft < 0) throw new SearchBudgetExhausted();
  }

  #isAtHand(offset: number, byteCount: number): boolean {
    return offset >= this.#windowOffset && offset + byteCount <= this.#windowOffset + this.#windowLength;
  }

  /** A view, valid until the next call. */
  #bytes(offset: number, byteCount: number): Uint8Array {
    if (!this.#isAtHand(offset, byteCount)) this.#fill(offset);
    const start = offset - this.#windowOffset;
    return this.#window.subarray(start, start + byteCount);
  }

  #fill(offset: number): void {
    this.#windowLength = 0;
    const length = Math.min(this.#window.length, this.end - offset);
    this.#spend(length);
    readExactly(this.#range.file, this.#range.path, this.#window, 0, length, offset);
    this.#windowOffset = offset;
    this.#windowLength = length;
  }

  /** All that the window holds from `offset` on, at least a header: to fill it anew for each would be quadratic. */
  #atHand(offset: number): Uint8Array {
    this.#bytes(offset, HEADER_LEN);
    return this.#window.subarray(offset - this.#windowOffset, this.#windowLength);
  }
}
