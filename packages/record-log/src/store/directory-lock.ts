import { join } from "node:path";
import type { FileStat, FileSystem, HeldLock, RefusedLock } from "@datawal/safeatomic";
import { isSameFile, type Steps, waitFor } from "@datawal/safeatomic/internal";
import { RecordLogError, storeIoError } from "../record-log-error.js";
import { LOCK_NAME } from "./store-names.js";

/** The exclusive right to write a store: a kernel lock on its `.lock`, the same that the Rust reference takes. */
export class DirectoryLock {
  readonly path: string;
  /** By which means the lock is held. */
  readonly means: string;
  /** Line 2 as the previous holder left it. */
  readonly note: string;
  /** Whether its file has another name, as a hard link: then neither owner nor note is written to it. */
  readonly isLinked: boolean;
  readonly #fileSystem: FileSystem;
  readonly #held: HeldLock;

  private constructor(fileSystem: FileSystem, path: string, held: HeldLock) {
    this.path = path;
    this.means = held.means;
    this.note = held.note;
    this.isLinked = held.isLinked ?? false;
    this.#fileSystem = fileSystem;
    this.#held = held;
  }

  /**
   * Takes the lock. Where this process is releasing it, the asynchronous form waits for that.
   *
   * @throws RecordLogError ERR_DATAWAL_LOCKED, ERR_DATAWAL_REPLACED
   */
  static *take(fileSystem: FileSystem, directory: string): Steps<DirectoryLock> {
    const path = join(directory, LOCK_NAME);
    const held = yield* takeHeld(fileSystem, path);
    const lock = new DirectoryLock(fileSystem, path, held);
    try {
      lock.requireInPlace();
    } catch (error) {
      lock.abandon();
      throw error;
    }
    return lock;
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
    const message = `${this.path}: expected the file that was locked, found ${found ? "another one" : "none"}: the lock file or its directory was replaced; close this handle and open the store again`;
    throw new RecordLogError("ERR_DATAWAL_REPLACED", message, { path: this.path });
  }

  /** Tells others of this process that it is going to be released. */
  announceRelease(released: Promise<void>): void {
    this.#held.announceRelease?.(released);
  }

  release(): void {
    this.#held.release();
  }

  /**
   * Releases it where otherwise its file could not be removed, nor its directory be renamed; whoever takes it then
   * makes the one or the other fail.
   *
   * @returns Whether it was.
   */
  unpin(): boolean {
    if (this.#held.pinsFile) this.#held.release();
    return this.#held.pinsFile === true;
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
      return this.#fileSystem.stat(this.path);
    } catch (error) {
      throw storeIoError(error, "look at", this.path);
    }
  }
}

function* takeHeld(fileSystem: FileSystem, path: string): Steps<HeldLock> {
  const owner = String(process.pid);
  const attempt = () =>
    waitFor(
      () => fileSystem.lock(path, owner, true),
      () => fileSystem.lock(path, owner),
    );
  let answer = yield* attempt();
  let awaited: Promise<unknown> | undefined;
  while (answer.state === "refused") {
    const refused = answer;
    // The same one again has settled and released nothing.
    if (!refused.releasing || refused.releasing === awaited) throw lockedError(path, refused);
    awaited = refused.releasing;
    yield* waitFor<unknown>(
      () => awaited?.catch(() => undefined),
      () => {
        throw lockedError(path, refused);
      },
    );
    answer = yield* attempt();
  }
  return answer;
}

function lockedError(path: string, refused: RefusedLock): RecordLogError {
  const { owner, holder } = refused;
  const message = `datawal: log directory is already locked: ${path}: expected a free lock, ${whoHolds(refused)}`;
  return new RecordLogError("ERR_DATAWAL_LOCKED", message, {
    path,
    owner,
    isHolderKnown: holder !== undefined,
    heldByThisProcess: holder === "this process",
  });
}

function whoHolds({ owner, holder, releasing }: RefusedLock): string {
  const advice = "or read the store with RecordLogReader, which takes no lock";
  if (holder === "owner") return `process ${owner} holds it; close it there, ${advice}`;
  if (holder === undefined && owner === "")
    return `somebody holds it, who cannot be told; close it there, ${advice}`;
  if (holder === undefined)
    return `somebody holds it; .lock names ${JSON.stringify(owner)}; close it there, ${advice}`;
  if (releasing)
    return "this very process holds it and is closing it; await its close() first, or open asynchronously";
  return "this very process holds it; close the other handle first";
}
