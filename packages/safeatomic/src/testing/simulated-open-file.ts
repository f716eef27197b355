import type { FileStat, OpenFile } from "../file-system.js";
import { systemError } from "../system-error.js";
import type { SimulatedFile } from "./simulated-file.js";

/** An open file description. */
export class SimulatedOpenFile implements OpenFile {
  readonly identity: string;
  readonly #file: SimulatedFile;
  readonly #isWritable: boolean;
  readonly #syncDelay: (turns?: number) => Promise<void>;
  readonly #onClose: () => void;
  /** How many failed write-backs this description need not be told of any more. */
  #failuresKnown: number;
  #isOpen = true;
  #syncsPending = 0;

  /** @param syncDelay Takes so many turns of the event loop; without a number, as many as an asynchronous sync does. */
  constructor(
    file: SimulatedFile,
    isWritable: boolean,
    syncDelay: (turns?: number) => Promise<void>,
    onClose: () => void,
  ) {
    this.identity = file.identity;
    this.#file = file;
    this.#isWritable = isWritable;
    this.#syncDelay = syncDelay;
    this.#onClose = onClose;
    // A failure that nobody has been told of yet is told to who opens the file later; one that somebody knows is not.
    this.#failuresKnown = file.toldFailures;
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
    this.#writable("EBADF").append(Buffer.concat(parts));
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
    const point = file.syncPoint();
    this.#syncsPending += 1;
    try {
      await this.#syncDelay();
      file.sync(point);
      const failure = this.#takeFailure();
      // The kernel is done, and the process does not know it yet: a sync on the same description succeeds meanwhile.
      await this.#syncDelay(1);
      if (failure) throw failure;
    } finally {
      this.#syncsPending -= 1;
    }
  }

  fsyncSync(): void {
    this.#opened().sync();
    const failure = this.#takeFailure();
    if (failure) throw failure;
  }

  stat(): FileStat {
    return this.#opened().stat();
  }

  close(): void {
    if (this.#syncsPending > 0) throw systemError("EBUSY", "close: a sync of this file is still running");
    this.kill();
  }

  /** The process is gone, whatever it was waiting for. */
  kill(): void {
    this.#isOpen = false;
    this.#onClose();
  }

  /** A failed write-back is told once for each open file description, by the sync that follows it. */
  #takeFailure(): Error | undefined {
    const file = this.#file;
    if (this.#failuresKnown === file.failures) return undefined;
    this.#failuresKnown = file.failures;
    file.toldFailures = file.failures;
    return systemError("EIO", "fsync: an earlier write-back of this file has failed");
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
