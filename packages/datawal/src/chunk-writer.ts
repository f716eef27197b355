import { appendFully, type OpenFile, type Steps } from "@datawal/safeatomic";

/**
 * Bytes gathered before they are written. Also the distance between two steps: at a microsecond for each of the
 * smallest records this keeps an asynchronous operation well below the 8 ms after which it gives up the thread.
 */
const CHUNK_BYTES = 64 * 1024;

/** Writes a file from front to back in chunks, with a progress step behind each. */
export class ChunkWriter {
  /** What is gathered; put the next bytes where {@link reserve} says. Another one after {@link makeRoom}. */
  chunk = new Uint8Array(CHUNK_BYTES);
  readonly #file: OpenFile;
  readonly #bytesTotal: number;
  #chunkBytes = 0;
  #bytesWritten = 0;

  /** @param bytesTotal what the file will have in the end, for progress. */
  constructor(file: OpenFile, bytesTotal: number) {
    this.#file = file;
    this.#bytesTotal = bytesTotal;
  }

  hasRoomFor(byteCount: number): boolean {
    return this.#chunkBytes + byteCount <= this.chunk.length;
  }

  /** Writes what is gathered. What is larger than a chunk gets memory of its own. */
  *makeRoom(byteCount: number): Steps<void> {
    yield* this.#flush();
    const capacity = Math.max(byteCount, CHUNK_BYTES);
    if (this.chunk.length !== capacity) this.chunk = new Uint8Array(capacity);
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
