import { type Bytes, fixedView, NO_BYTES, unshared } from "./bytes.js";
import type { Crc32c } from "./crc32c.js";
import { type Decoded, decodedFrom } from "./decode-next.js";
import { withCode } from "./format-error.js";
import { FrameCursor } from "./frame-cursor.js";
import { MAX_PAYLOAD_LEN } from "./layout.js";
import { knownOptions } from "./own-options.js";

export interface FrameDecoderOptions {
  /** Longest payload accepted, in bytes: 0 to {@link MAX_PAYLOAD_LEN}, the default. */
  readonly maxPayloadLen?: number | undefined;
  readonly crc?: Crc32c | undefined;
}

const OPTIONS = { maxPayloadLen: true, crc: true } as const;

/**
 * Decodes frames from chunks that may end anywhere.
 *
 * Memory follows the bytes that have arrived, never the length that a header claims. Invariant: what waits is
 * `#arrived` from `#start` on; `#arrived` is a view of the beginning of `#memory`, and is never written again, so
 * that records can be views of it.
 */
export class FrameDecoder {
  /** Longest payload accepted, in bytes. */
  readonly maxPayloadLen: number;
  readonly #crc: Crc32c | undefined;
  readonly #cursor: FrameCursor;
  #memory: Bytes = NO_BYTES;
  #arrived: Bytes = NO_BYTES;
  #start = 0;
  /** Where `#arrived` begins in the stream. */
  #base = 0;

  /** @throws {RangeError, TypeError} ERR_DATAWAL_BAD_CODEC_OPTION: maxPayloadLen is not a whole number within the format's limit */
  constructor(options: FrameDecoderOptions = {}) {
    const { maxPayloadLen = MAX_PAYLOAD_LEN, crc } = knownOptions(options, OPTIONS);
    this.maxPayloadLen = checkedMaxPayloadLen(maxPayloadLen);
    this.#crc = crc;
    this.#cursor = new FrameCursor(this.maxPayloadLen);
  }

  /** Where in the stream the next frame begins, in bytes. */
  get offset(): number {
    return this.#base + this.#start;
  }

  /**
   * Takes the next bytes of the stream.
   *
   * @param chunk belongs to the decoder from now on: records are views of it, so it must not change. (Bytes on a
   *   `SharedArrayBuffer` are copied.)
   * @throws {TypeError} ERR_DATAWAL_NOT_BYTES: a string, or no bytes at all
   */
  push(chunk: Uint8Array): void {
    const bytes = unshared(fixedView(chunk, "chunk"));
    if (this.#start === this.#arrived.length) this.#replace(bytes);
    else this.#append(bytes);
  }

  /**
   * Decodes the next frame.
   *
   * @returns As {@link decodeNext}, `end` being an offset in the stream. `truncated` asks for another push. An
   *   `invalid` or `crc-mismatch` outcome is final: each later call returns it again. `key` and `payload` are views of
   *   memory that is never written again: they stay valid, and keep that memory.
   */
  next(): Decoded {
    const cursor = this.#cursor;
    const outcome = cursor.read(this.#arrived, this.#start, this.#crc);
    const decoded = decodedFrom(cursor, outcome, this.#base);
    if (decoded.kind === "record") this.#start = cursor.end;
    return decoded;
  }

  #replace(bytes: Bytes): void {
    this.#base += this.#start;
    this.#start = 0;
    this.#memory = bytes;
    this.#arrived = bytes;
  }

  #append(bytes: Bytes): void {
    if (this.#arrived.length + bytes.length > this.#memory.length) this.#grow(bytes.length);
    this.#memory.set(bytes, this.#arrived.length);
    this.#arrived = this.#memory.subarray(0, this.#arrived.length + bytes.length);
  }

  // Doubling keeps the cost of a frame that arrives byte by byte linear.
  #grow(extraLen: number): void {
    const waiting = this.#arrived.subarray(this.#start);
    const memory = new Uint8Array(waiting.length + Math.max(waiting.length, extraLen));
    memory.set(waiting);
    this.#replace(memory);
    this.#arrived = memory.subarray(0, waiting.length);
  }
}

function checkedMaxPayloadLen(maxPayloadLen: number): number {
  if (Number.isInteger(maxPayloadLen) && maxPayloadLen >= 0 && maxPayloadLen <= MAX_PAYLOAD_LEN) {
    return maxPayloadLen;
  }
  const message = `maxPayloadLen expected 0 to ${MAX_PAYLOAD_LEN} bytes, got ${String(maxPayloadLen)}`;
  const facts = { option: "maxPayloadLen", actual: maxPayloadLen };
  throw withCode(new RangeError(message), "ERR_DATAWAL_BAD_CODEC_OPTION", facts);
}
