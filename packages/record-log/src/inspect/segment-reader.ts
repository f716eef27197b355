import { type Crc32c, FrameCursor, type FrameOutcome, HEADER_LEN } from "@datawal/format";
import { readInt32 } from "@datawal/format/internal";
import type { ProgressStep, Steps } from "@datawal/safeatomic/internal";
import { CHUNK_BYTES, type ReadableFile, readCrc, readExactly } from "../store/file-range.js";
import { FrameMemory, lentMemory, type Ownership } from "../store/memory.js";

/** In place of the CRC of frames that are proven: what stands behind them. */
const AS_STORED: Crc32c = Object.assign(() => 0, {
  ofRange: (bytes: Uint8Array, _: number, end: number) => readInt32(bytes, end),
});

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
  /** How many bytes of the file count. */
  size = 0;

  readonly #crc: Crc32c;
  readonly #whose: Ownership;
  /** Its first `#chunkBytes` are the bytes at hand: those of the file from `#chunkOffset`. */
  readonly #memory: FrameMemory;
  #file: ReadableFile | undefined;
  #path = "";
  #chunkBytes = 0;
  #chunkOffset = 0;
  /** Up to here in the file the CRCs of the frames at hand are proven. */
  #provenTo = 0;

  /** @param whose each chunk is; what is lent is to be given back by {@link release}. */
  constructor(crc: Crc32c, whose: Ownership = "own") {
    this.#crc = crc;
    this.#whose = whose;
    this.#memory = new FrameMemory(crc);
  }

  /**
   * Turns to a file.
   *
   * @param size How many bytes of it count, from its start; those behind are not looked at.
   * @param offset A frame's start.
   */
  start(file: ReadableFile, path: string, size: number, offset = 0): void {
    this.#file = file;
    this.#path = path;
    this.size = size;
    this.nextOffset = offset;
    this.#chunkOffset = offset;
    this.#chunkBytes = 0;
    this.#provenTo = 0;
    this.#memory.makeRoom(Math.min(CHUNK_BYTES, size - offset), this.#whose);
  }

  /** Gives its memory up; views of it are valid no more, unless it is kept. */
  release(): void {
    this.#memory.release();
  }

  /** Decodes the next frame: `record`, `more` (call `fill`), `end`, or why the bytes there are no frame. */
  next(): FrameOutcome | "more" | "end" {
    if (this.nextOffset === this.size) return "end";
    const start = this.nextOffset - this.#chunkOffset;
    const crc = this.nextOffset < this.#provenTo ? AS_STORED : this.#memory.crc;
    const outcome = this.cursor.read(this.#memory.bytes, start, crc, this.#chunkBytes);
    if (outcome === "record") {
      this.frameOffset = this.nextOffset;
      this.nextOffset = this.#chunkOffset + this.cursor.end;
    } else if (outcome === "truncated" && this.#chunkOffset + this.#chunkBytes < this.#useful()) {
      return "more";
    }
    return outcome;
  }

  /** As {@link next}, with what has to be read for it. @param progress What is told after each piece. */
  *read(progress: () => ProgressStep): Steps<FrameOutcome | "end"> {
    for (;;) {
      const outcome = this.next();
      if (outcome !== "more") return outcome;
      this.fill();
      yield progress();
    }
  }

  /** Takes the frame back that `next` last found: it is the next one again. */
  unread(): void {
    this.nextOffset = this.frameOffset;
  }

  /** Another reader, of the same file from where this one is, for as long as this one stays there. */
  fork(): SegmentReader {
    const fork = new SegmentReader(this.#crc, "kept");
    fork.size = this.size;
    fork.nextOffset = this.nextOffset;
    fork.#file = this.#file;
    fork.#path = this.#path;
    fork.#chunkBytes = this.#chunkBytes;
    fork.#chunkOffset = this.#chunkOffset;
    // Kept is never written to: what is this one's stays as it is.
    fork.#memory.bytes = this.#memory.bytes;
    fork.#memory.crc = this.#memory.crc;
    return fork;
  }

  /** Up to where bytes would tell more: the frame's end, or the header's where the frame exceeds the file. */
  #useful(): number {
    const frameEnd = this.nextOffset + this.cursor.needed;
    return frameEnd <= this.size ? frameEnd : Math.min(this.size, this.nextOffset + HEADER_LEN);
  }

  /** Reads on by at most {@link CHUNK_BYTES}. */
  fill(): void {
    const wanted = Math.max(CHUNK_BYTES, this.cursor.needed);
    const held = this.#makeRoom(Math.min(wanted, this.size - this.nextOffset));
    const { bytes } = this.#memory;
    const byteCount = Math.min(CHUNK_BYTES, bytes.length - held, this.size - this.#chunkOffset - held);
    readExactly(this.#file!, this.#path, bytes, held, byteCount, this.#chunkOffset + held);
    this.#chunkBytes = held + byteCount;
    if (this.#whose === "kept") this.#prove();
  }

  /** Kept memory is never the CRC's: to copy it there and sum all of its frames at once takes half as long as without. */
  #prove(): void {
    const lent = lentMemory(this.#crc, this.#chunkBytes);
    if (!lent) return;
    lent.bytes.set(this.#memory.bytes.subarray(0, this.#chunkBytes));
    const cursor = new FrameCursor();
    let end = this.nextOffset - this.#chunkOffset;
    while (cursor.read(lent.bytes, end, lent.crc, this.#chunkBytes) === "record") end = cursor.end;
    this.#provenTo = this.#chunkOffset + end;
    lent.release();
  }

  /** The CRC in front of the next frame, as the file has it now; `undefined` at its start. */
  crcBefore(): number | undefined {
    return this.nextOffset === 0 ? undefined : readCrc(this.#file!, this.#path, this.nextOffset);
  }

  /** The verified bytes at hand that lie at or behind `from`: up to the end of the valid prefix. A view. */
  verifiedFrom(from: number): Uint8Array {
    const start = Math.max(0, from - this.#chunkOffset);
    return this.#memory.bytes.subarray(start, this.nextOffset - this.#chunkOffset);
  }

  /** Up to `byteCount` bytes from the end of the valid prefix; fewer only where the file ends. A view. */
  head(byteCount: number): Uint8Array {
    const start = this.nextOffset - this.#chunkOffset;
    return this.#memory.bytes.subarray(start, Math.min(start + byteCount, this.#chunkBytes));
  }

  /** Makes room for `capacity` bytes from `nextOffset` on, keeping those at hand; returns how many those are. */
  #makeRoom(capacity: number): number {
    const from = this.nextOffset - this.#chunkOffset;
    const held = this.#chunkBytes - from;
    if (from === 0 && this.#memory.bytes.length >= capacity) return held;
    this.#memory.makeRoom(capacity, this.#whose, from, this.#chunkBytes);
    this.#chunkOffset = this.nextOffset;
    return held;
  }
}
