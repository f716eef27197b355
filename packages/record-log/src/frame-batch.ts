import { type Crc32c, encodeRecordInto, recordWireSize } from "@datawal/format";
import type { CheckedRecord } from "./active-segment.js";

/** One write of `appendMany` takes at most this many bytes. */
export const BATCH_BYTES_MAX = 8 * 1024 * 1024;

const FIRST_BUFFER_BYTES = 64 * 1024;

/** Frames encoded one behind the other, for one write. */
export class FrameBatch {
  /** Length of each frame, in order. */
  readonly frameLens: number[] = [];
  readonly #crc: Crc32c;
  readonly #bytesMax: number;
  #buffer = new Uint8Array(FIRST_BUFFER_BYTES);
  #byteCount = 0;

  /** @param bytesMax more than this is not taken, unless it is a single frame. */
  constructor(crc: Crc32c, bytesMax: number) {
    this.#crc = crc;
    this.#bytesMax = Math.min(bytesMax, BATCH_BYTES_MAX);
  }

  /** The frames so far. A view, valid until the next `add` or `clear`. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#byteCount);
  }

  get count(): number {
    return this.frameLens.length;
  }

  hasRoomFor(frameLen: number): boolean {
    return this.#byteCount === 0 || this.#byteCount + frameLen <= this.#bytesMax;
  }

  add(record: CheckedRecord): void {
    const len = recordWireSize(record.key.length, record.payload.length);
    this.#reserve(this.#byteCount + len);
    encodeRecordInto(record, this.#buffer, this.#byteCount, this.#crc);
    this.frameLens.push(len);
    this.#byteCount += len;
  }

  clear(): void {
    this.frameLens.length = 0;
    this.#byteCount = 0;
  }

  #reserve(byteCount: number): void {
    if (byteCount <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(byteCount, 2 * this.#buffer.length));
    grown.set(this.bytes);
    this.#buffer = grown;
  }
}
