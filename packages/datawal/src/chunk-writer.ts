import { appendFully, type OpenFile, type Steps } from "@datawal/safeatomic";

/**
 * Bytes gathered before they are written. Also the distance between two steps: at a few microseconds for each of the
 * smallest records this keeps an asynchronous operation well below the 8 ms after which it gives up the thread.
 */
const CHUNK_BYTES = 256 * 1024;

/** Writes a file from front to back in chunks, with a progress step behind each. */
export class ChunkWriter {
  readonly #file: OpenFile;
  readonly #bytesTotal: number;
  readonly #chunk = new Uint8Array(CHUNK_BYTES);
  #chunkBytes = 0;
  #bytesWritten = 0;

  /** @param bytesTotal what the file will have in the end, for progress. */
  constructor(file: OpenFile, bytesTotal: number) {
    this.#file = file;
    this.#bytesTotal = bytesTotal;
  }

  /** @param fill Called once, to put the next `byteCount` bytes into `target` from `offset` on. */
  *append(byteCount: number, fill: (target: Uint8Array, offset: number) => void): Steps<void> {
    if (this.#chunkBytes + byteCount > CHUNK_BYTES) yield* this.#flush();
    if (byteCount > CHUNK_BYTES) {
      yield* this.#appendLarge(byteCount, fill);
    } else {
      fill(this.#chunk, this.#chunkBytes);
      this.#chunkBytes += byteCount;
    }
  }

  /** Writes what is still gathered. @returns The bytes of the file. */
  *finish(): Steps<number> {
    yield* this.#flush();
    return this.#bytesWritten;
  }

  *#appendLarge(byteCount: number, fill: (target: Uint8Array, offset: number) => void): Steps<void> {
    const large = new Uint8Array(byteCount);
    fill(large, 0);
    for (let offset = 0; offset < byteCount; offset += CHUNK_BYTES) {
      yield* this.#write(large.subarray(offset, offset + CHUNK_BYTES));
    }
  }

  *#flush(): Steps<void> {
    if (this.#chunkBytes === 0) return;
    const chunk = this.#chunk.subarray(0, this.#chunkBytes);
    this.#chunkBytes = 0;
    yield* this.#write(chunk);
  }

  *#write(bytes: Uint8Array): Steps<void> {
    appendFully(this.#file, bytes);
    this.#bytesWritten += bytes.length;
    yield { kind: "progress", bytesDone: this.#bytesWritten, bytesTotal: this.#bytesTotal };
  }
}
