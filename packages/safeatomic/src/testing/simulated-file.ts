import type { FileStat, OpenFile } from "../file-system.js";
import { systemError } from "../system-error.js";

/**
 * The file behind its names: what the kernel shows, and what a power cut would leave. Since files only grow at the
 * end or are cut, the durable bytes are a prefix of the visible ones until a cut goes below them.
 */
export class SimulatedFile {
  readonly kind = "file";
  readonly identity: string;
  readonly mode: number;
  /** Whether some process holds the lock on this file. */
  isLocked = false;
  #bytes: Uint8Array = new Uint8Array(0);
  #size = 0;
  #durableSize = 0;
  /** The durable bytes, where a cut has made them differ from the visible ones. */
  #cutDurable: Uint8Array | undefined;

  constructor(identity: string, mode: number) {
    this.identity = identity;
    this.mode = mode;
  }

  stat(): FileStat {
    return { kind: this.kind, size: this.#size, mode: this.mode, identity: this.identity };
  }

  /** A view; valid until the next change. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }

  append(bytes: Uint8Array): void {
    this.#reserve(this.#size + bytes.length);
    this.#bytes.set(bytes, this.#size);
    this.#size += bytes.length;
  }

  truncate(size: number): void {
    if (size < this.#durableSize) this.#cutDurable ??= this.#bytes.slice(0, this.#durableSize);
    this.#size = size;
  }

  /** For the text of a lock file, the one thing on the disk that is overwritten; a power cut loses it. */
  replaceText(bytes: Uint8Array): void {
    this.truncate(0);
    this.append(bytes);
  }

  sync(): void {
    this.#durableSize = this.#size;
    this.#cutDurable = undefined;
  }

  loseUnsynced(): void {
    if (this.#cutDurable) this.#bytes = this.#cutDurable;
    this.#size = this.#durableSize;
    this.#cutDurable = undefined;
  }

  #reserve(size: number): void {
    if (size <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(size, this.#bytes.length * 2, 256));
    grown.set(this.bytes());
    this.#bytes = grown;
  }
}

/** An open file description. */
export class SimulatedOpenFile implements OpenFile {
  readonly #file: SimulatedFile;
  readonly #isWritable: boolean;
  readonly #syncDelay: () => Promise<void>;
  #isOpen = true;
  #syncsPending = 0;

  constructor(file: SimulatedFile, isWritable: boolean, syncDelay: () => Promise<void>) {
    this.#file = file;
    this.#isWritable = isWritable;
    this.#syncDelay = syncDelay;
  }

  readAt(target: Uint8Array, targetOffset: number, byteCount: number, fileOffset: number): number {
    const found = this.#opened()
      .bytes()
      .subarray(fileOffset, fileOffset + byteCount);
    target.set(found, targetOffset);
    return found.length;
  }

  append(source: Uint8Array, sourceOffset: number, byteCount: number): number {
    this.#writable("EBADF").append(source.subarray(sourceOffset, sourceOffset + byteCount));
    return byteCount;
  }

  appendParts(parts: readonly Uint8Array[]): number {
    const file = this.#writable("EBADF");
    for (const part of parts) file.append(part);
    return parts.reduce((sum, part) => sum + part.length, 0);
  }

  truncate(size: number): void {
    const file = this.#writable("EINVAL");
    if (size > file.stat().size)
      throw systemError("EINVAL", `truncate: ${size} bytes are more than the file has`);
    file.truncate(size);
  }

  async fsync(): Promise<void> {
    const file = this.#opened();
    this.#syncsPending += 1;
    try {
      await this.#syncDelay();
      file.sync();
    } finally {
      this.#syncsPending -= 1;
    }
  }

  fsyncSync(): void {
    this.#opened().sync();
  }

  stat(): FileStat {
    return this.#opened().stat();
  }

  close(): void {
    if (this.#syncsPending > 0) throw systemError("EBUSY", "close: a sync of this file is still running");
    this.#isOpen = false;
  }

  /** The process is gone, whatever it was waiting for. */
  kill(): void {
    this.#isOpen = false;
  }

  #opened(): SimulatedFile {
    if (!this.#isOpen) throw systemError("EBADF", "this file has been closed");
    return this.#file;
  }

  #writable(refusal: string): SimulatedFile {
    const file = this.#opened();
    if (!this.#isWritable) throw systemError(refusal, "this file is open for reading only");
    return file;
  }
}
