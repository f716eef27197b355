import type { OpenFile } from "@datawal/safeatomic";
import { appendFully, type Steps } from "@datawal/safeatomic/internal";

/**
 * Bytes gathered before they are written. Also the distance between two steps: at a microsecond for each of the
 * smallest records this keeps an asynchronous operation well below the 5 ms after which it gives up the thread.
 */
export const CHUNK_BYTES = 64 * 1024;

/** Writes a file from front to back in chunks, with a progress step behind each. */
export class ChunkWriter {
  /** What is gathered; put the next bytes where {@link reserve} says. Another one after {@link makeRoom}. */
  chunk: Uint8Array;
  readonly #memory: Uint8Array;
  readonly #file: OpenFile;
  readonly #bytesTotal: number;
  #chunkBytes = 0;
  #bytesWritten = 0;

  /**
   * @param bytesTotal what the file will have in the end, for progress.
   * @param memory to gather in, up to {@link CHUNK_BYTES} at a time.
   */
  constructor(file: OpenFile, bytesTotal: number, memory: Uint8Array = new Uint8Array(CHUNK_BYTES)) {
    this.chunk = this.#memory = memory;
    this.#file = file;
    this.#bytesTotal = bytesTotal;
  }

  hasRoomFor(byteCount: number): boolean {
    return this.#chunkBytes + byteCount <= Math.min(CHUNK_BYTES, this.chunk.length);
  }

  /** Writes what is gathered. What is larger than the memory gets some of its own. */
  *makeRoom(byteCount: number): Steps<void> {
    yield* this.#flush();
    if (byteCount <= this.#memory.length) this.chunk = this.#memory;
    else if (this.chunk.length < byteCount) this.chunk = new Uint8Array(byteCount);
  }

  /** Takes the next bytes of {@link chunk}, for which there must be room; returns where they begin. */
  reserve(byteCount: number): number {
    const offset = this.#chunkBytes;
    this.#chunkBytes += byteCount;
    return offset;
  }

  /** Writes what is still gathered. @returns The bytes of the file. */
  *finish(): Steps<number> {
    yield* this.#flush();
    return this.#bytesWritten;
  }

  *#flush(): Steps<void> {
    for (let offset = 0; offset < this.#chunkBytes; offset += CHUNK_BYTES) {
      const byteCount = Math.min(CHUNK_BYTES, this.#chunkBytes - offset);
      appendFully(this.#file, this.chunk, offset, byteCount);
      this.#bytesWritten += byteCount;
      yield { kind: "progress", bytesDone: this.#bytesWritten, bytesTotal: this.#bytesTotal };
    }
    this.#chunkBytes = 0;
  }
}
