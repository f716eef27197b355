import { join } from "node:path";
import { type FileStat, type FileSystem, type HeldLock, isSameFile } from "@datawal/safeatomic";
import { RecordLogError, storeIoError } from "./record-log-error.js";
import { LOCK_NAME } from "./store-names.js";

/** The exclusive right to write a store: a kernel lock on its `.lock`, the same that the Rust reference takes. */
export class DirectoryLock {
  readonly #fileSystem: FileSystem;
  readonly #path: string;
  readonly #held: HeldLock;

  /** @throws RecordLogError ERR_DATAWAL_LOCKED, ERR_DATAWAL_REPLACED */
  constructor(fileSystem: FileSystem, directory: string) {
    this.#fileSystem = fileSystem;
    this.#path = join(directory, LOCK_NAME);
    const lock = fileSystem.lock(this.#path, String(process.pid));
    if (lock.state === "refused") throw lockedError(this.#path, lock.owner);
    this.#held = lock;
    try {
      this.requireInPlace();
    } catch (error) {
      this.abandon();
      throw error;
    }
  }

  /** By which means the lock is held. */
  get means(): string {
    return this.#held.means;
  }

  /** Line 2 as the previous holder left it. */
  get note(): string {
    return this.#held.note;
  }

  writeNote(line: string): void {
    this.#held.writeNote(line);
  }

  /**
   * Checks that the path still shows the locked file: otherwise somebody replaced the file or the whole directory,
   * and another writer may hold the new one. Asked after locking and before rotate, repair and publish.
   *
   * @throws RecordLogError ERR_DATAWAL_REPLACED, ERR_DATAWAL_STORE_IO
   */
  requireInPlace(): void {
    const found = this.#statAtPath();
    if (isSameFile(found, this.#held)) return;
    throw new RecordLogError(
      "ERR_DATAWAL_REPLACED",
      `${this.#path}: expected the file that was locked, found ${found ? "another one" : "none"}: the lock file or its directory was replaced; close this handle and open the store again`,
      { path: this.#path },
    );
  }

  release(): void {
    this.#held.release();
  }

  /** Releases it because of a failure, which is what the caller is told. */
  abandon(): void {
    try {
      this.#held.release();
    } catch {
      // Told instead, it would hide why the lock is given up. The kernel takes it back when the process ends.
    }
  }

  #statAtPath(): FileStat | undefined {
    try {
      return this.#fileSystem.stat(this.#path);
    } catch (error) {
      throw storeIoError(error, "look at", this.#path);
    }
  }
}

function lockedError(path: string, owner: string): RecordLogError {
  const heldByThisProcess = owner === String(process.pid);
  const holder = heldByThisProcess
    ? "this very process holds it"
    : `process ${owner || "(unknown)"} holds it`;
  const advice = heldByThisProcess
    ? "close the other handle first"
    : "close it there, or read the store with RecordLogReader, which takes no lock";
  return new RecordLogError(
    "ERR_DATAWAL_LOCKED",
    `datawal: log directory is already locked: ${path}: expected a free lock, ${holder}; ${advice}`,
    { path, owner, heldByThisProcess },
  );
}
