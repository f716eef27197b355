import { type Crc32c, type CrcMemory, FrameCursor, type FrameOutcome, HEADER_LEN } from "@datawal/format";
import { ordinaryMemory } from "@datawal/format/internal";
import { CHUNK_BYTES, type ReadableFile, readExactly } from "../store/file-range.js";

/**
 * Reads one segment from front to back through a cursor, in chunks.
 *
 * `next` decodes within the chunk at hand and says `more` when the frame goes on behind it; the caller then calls
 * `fill`, which reads at most {@link CHUNK_BYTES}, and may give up the thread in between. A frame larger than a chunk
 * makes the chunk grow to the frame's size, never past what the file holds.
 */
export class SegmentReader {
  /** The frame that `next` last found. */
  readonly cursor = new FrameCursor();
  /** Where that frame starts, in bytes from the start of the file. */
  frameOffset = 0;
  /** The end of the last good frame, and so of the valid prefix; where the next one starts. */
  nextOffset = 0;

  readonly #keepsChunks: boolean;
  readonly #crc: Crc32c;
  #file: ReadableFile | undefined;
  #path = "";
  #size = 0;
  /** Its first `#chunkBytes` are the bytes at hand: those of the file from `#chunkOffset`. */
  #memory: CrcMemory;
  /** Whether that was handed to {@link start}, and is its owner's again at the next one. */
  #isLent = false;
  #chunkBytes = 0;
  #chunkOffset = 0;

  /** @param keepsChunks Whether each chunk is left untouched for ever, so that views of it stay valid. */
  constructor(crc: Crc32c, keepsChunks = false) {
    this.#crc = crc;
    this.#memory = ordinaryMemory(crc, 0);
    this.#keepsChunks = keepsChunks;
  }

  /**
   * Turns to a file.
   *
   * @param size How many bytes of it count, from its start; those behind are not looked at.
   * @param offset A frame's start.
   * @param memory To read into, as far as it goes; not to be released before the last `next`.
   */
  start(file: ReadableFile, path: string, size: number, offset = 0, memory?: CrcMemory): void {
    this.#file = file;
    this.#path = path;
    this.#size = size;
    this.nextOffset = offset;
    this.#chunkOffset = offset;
    this.#chunkBytes = 0;
    if (memory) this.#memory = memory;
    else if (this.#isLent || this.#keepsChunks) this.#memory = ordinaryMemory(this.#crc, 0);
    this.#isLent = memory !== undefined;
  }

  get #bytes(): Uint8Array {
    return this.#memory.bytes;
  }

  /** How many bytes of the file count. */
  get size(): number {
    return this.#size;
  }

  /** Decodes the next frame: `record`, `more` (call `fill`), `end`, or why the bytes there are no frame. */
  next(): FrameOutcome | "more" | "end" {
    if (this.nextOffset === this.#size) return "end";
    const start = this.nextOffset - this.#chunkOffset;
    const { bytes, crc } = this.#memory;
    const outcome = this.cursor.read(bytes, start, crc, this.#chunkBytes);
    if (outcome === "record") {
      this.frameOffset = this.nextOffset;
      this.nextOffset = this.#chunkOffset + this.cursor.end;
    } else if (outcome === "truncated" && this.#chunkOffset + this.#chunkBytes < this.#useful()) {
      return "more";
    }
    return outcome;
  }

  /** Up to where bytes would tell more: the frame's end, or the header's where the frame exceeds the file. */
  #useful(): number {
    const frameEnd = this.nextOffset + this.cursor.needed;
    return frameEnd <= this.#size ? frameEnd : Math.min(this.#size, this.nextOffset + HEADER_LEN);
  }

  /** Reads on by at most {@link CHUNK_BYTES}. */
  fill(): void {
    const wanted = Math.max(CHUNK_BYTES, this.cursor.needed);
    const held = this.#makeRoom(Math.min(wanted, this.#size - this.nextOffset));
    const byteCount = Math.min(CHUNK_BYTES, this.#bytes.length - held, this.#size - this.#chunkOffset - held);
    readExactly(this.#file!, this.#path, this.#bytes, held, byteCount, this.#chunkOffset + held);
    this.#chunkBytes = held + byteCount;
  }

  /** The verified bytes at hand that lie at or behind `from`: up to the end of the valid prefix. A view. */
  verifiedFrom(from: number): Uint8Array {
    return this.#bytes.subarray(Math.max(0, from - this.#chunkOffset), this.nextOffset - this.#chunkOffset);
  }

  /** Up to `byteCount` bytes from the end of the valid prefix; fewer only where the file ends. A view. */
  head(byteCount: number): Uint8Array {
    const start = this.nextOffset - this.#chunkOffset;
    return this.#bytes.subarray(start, Math.min(start + byteCount, this.#chunkBytes));
  }

  /** Makes room for `capacity` bytes from `nextOffset` on, keeping those at hand; returns how many those are. */
  #makeRoom(capacity: number): number {
    const from = this.nextOffset - this.#chunkOffset;
    const held = this.#chunkBytes - from;
    if (from === 0 && this.#bytes.length >= capacity) return held;
    if (this.#keepsChunks || this.#bytes.length < capacity) {
      const grown = ordinaryMemory(this.#crc, capacity);
      grown.bytes.set(this.#bytes.subarray(from, this.#chunkBytes));
      this.#memory = grown;
      this.#isLent = false;
    } else {
      this.#bytes.copyWithin(0, from, this.#chunkBytes);
    }
    this.#chunkOffset = this.nextOffset;
    return held;
  }
}
