import { type CheckedRecord, type Crc32c, encodeCheckedInto } from "@datawal/format";
import type { AppendedRecord } from "./log-record.js";

/** One write of `appendMany` takes at most this many bytes. */
export const BATCH_BYTES_MAX = 8 * 1024 * 1024;

const FIRST_BUFFER_BYTES = 64 * 1024;
/** A buffer larger than this is not kept from one batch to the next: a large batch must not cost memory for ever. */
const KEPT_BUFFER_BYTES = 1024 * 1024;

/** Frames encoded one behind the other, for one write; reused from write to write. */
export class FrameBatch {
  /** The frames so far, in order; offsets count from the first one, segments are not known yet. */
  frames: AppendedRecord[] = [];
  readonly #crc: Crc32c;
  readonly #bytesMax: number;
  #buffer = new Uint8Array(0);
  #byteCount = 0;

  /** @param bytesMax more than this is not taken, unless it is a single frame. */
  constructor(crc: Crc32c, bytesMax: number) {
    this.#crc = crc;
    this.#bytesMax = Math.min(bytesMax, BATCH_BYTES_MAX);
  }

  /** The bytes of the frames so far. A view, valid until the next `add` or `clear`. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#byteCount);
  }

  hasRoomFor(frameLen: number): boolean {
    return this.#byteCount === 0 || this.#byteCount + frameLen <= this.#bytesMax;
  }

  /** @param len of the record's frame. */
  add(record: CheckedRecord, len: number): void {
    const offset = this.#byteCount;
    this.#reserve(offset + len);
    encodeCheckedInto(record, this.#buffer, offset, this.#crc);
    this.frames.push({ segment: 0, offset, len, txid: record.txid });
    this.#byteCount += len;
  }

  clear(): void {
    this.frames = [];
    this.#byteCount = 0;
    if (this.#buffer.length > KEPT_BUFFER_BYTES) this.#buffer = new Uint8Array(0);
  }

  #reserve(byteCount: number): void {
    if (byteCount <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(byteCount, 2 * this.#buffer.length, FIRST_BUFFER_BYTES));
    grown.set(this.bytes);
    this.#buffer = grown;
  }
}
