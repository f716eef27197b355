import { dirname, join, sep } from "node:path";
import {
  describeWarning,
  type MakeOptions,
  type ReadOptions,
  RecordLogError,
  type RecoveryReport,
} from "@datawal/record-log";
import {
  DirectoryLock,
  findStoreDirectory,
  isHollow,
  MAKE_OPTIONS,
  type OptionNames,
  oldStorePath,
  removeEmptyStore,
  requireKnownOptions,
  storePlace,
  verifyLogSteps,
} from "@datawal/record-log/internal";
import type { FileSystem } from "@datawal/safeatomic";
import {
  errnoOf,
  fsyncDirectorySteps,
  fsyncFile,
  ownOptions,
  type Steps,
  useFileSteps,
} from "@datawal/safeatomic/internal";
import { DataWalError, type StoreDifference, withCode } from "../data-wal-error.js";
import { diskOf } from "../data-wal-options.js";
import { compareStores, describeDifference } from "./compare-stores.js";
import { isQuarantine, moveQuarantine } from "./move-quarantine.js";
import { isReplacedBy, markReplaced, removeOldStore, unmark, unremovableNames } from "./old-store.js";

/** What a swap can be told. */
export interface ReplaceOptions extends MakeOptions {
  /**
   * Whether the proof is skipped that the replacement holds exactly the store's live pairs; false when absent. Whatever
   * only the store holds is lost then.
   */
  force?: boolean | undefined;
}

const REPLACE_OPTIONS: OptionNames<ReplaceOptions> = { ...MAKE_OPTIONS, force: true };

/**
 * One swap (disk-rules R16). What is to be done follows from what stands where:
 *
 * | store | STORE.old | replacement |                                                                |
 * | ----- | --------- | ----------- | -------------------------------------------------------------- |
 * | yes   | no        | yes         | nothing was done: everything                                   |
 * | no    | yes       | yes         | stopped between the renames: the second one, then the removal  |
 * | yes   | yes       | no          | stopped before the end of the removal: quarantine, the removal |
 * | yes   | yes       | yes         | the same of an earlier swap: the removal, then everything      |
 *
 * In any other case there is nothing to replace, or nothing to replace it by.
 */
export class StoreSwap {
  readonly #fileSystem: FileSystem;
  /** Whether no proof is asked for. */
  readonly #isForced: boolean;
  readonly #options: ReadOptions;
  readonly #store: string;
  readonly #replacement: string;
  readonly #oldStore: string;

  /** @param store and replacement: absolute paths. */
  constructor(store: string, replacement: string, options: ReplaceOptions) {
    requireKnownOptions(options, REPLACE_OPTIONS);
    const { force, mode: _mode, ...readOptions } = ownOptions(options);
    this.#isForced = force === true;
    this.#options = readOptions;
    this.#fileSystem = diskOf(options).fileSystem;
    this.#store = storePlace(this.#fileSystem, store);
    this.#replacement = storePlace(this.#fileSystem, replacement);
    this.#oldStore = oldStorePath(this.#store);
  }

  *run(): Steps<void> {
    this.#requireApart();
    yield* this.#removeHollowStore();
    if (this.#isThere(this.#store) && this.#isThere(this.#oldStore)) {
      this.#requireReplacedBy(this.#store);
      yield* this.#locked(this.#oldStore, (lock) => this.#finish([lock]));
      if (!this.#isThere(this.#replacement)) return;
    }
    if (this.#isThere(this.#store)) yield* this.#begin();
    else yield* this.#resume();
  }

  /** What a writer made in the store's place, between the renames of a swap, and never filled, is no store. */
  *#removeHollowStore(): Steps<void> {
    const [fileSystem, store] = [this.#fileSystem, this.#store];
    const isMoved = isReplacedBy(fileSystem, this.#oldStore, this.#replacement);
    if (isMoved && fileSystem.stat(store)?.kind === "directory" && isHollow(fileSystem, store))
      yield* removeEmptyStore(fileSystem, store);
  }

  *#begin(): Steps<void> {
    findStoreDirectory(this.#fileSystem, this.#store);
    findStoreDirectory(this.#fileSystem, this.#replacement);
    yield* this.#lockedBoth(this.#store, (locks) => this.#swap(locks));
  }

  *#resume(): Steps<void> {
    const isWhole = this.#isThere(this.#oldStore) && this.#isThere(this.#replacement);
    // There is no store: this says whether the old one is.
    if (!isWhole) findStoreDirectory(this.#fileSystem, this.#store);
    this.#requireReplacedBy(this.#replacement);
    yield* this.#lockedBoth(this.#oldStore, (locks) => this.#moveIn(locks));
  }

  *#swap(locks: readonly DirectoryLock[]): Steps<void> {
    this.#requireRemovable();
    yield* this.#prove(this.#store);
    let isUnpinned = false;
    try {
      yield* markReplaced(this.#fileSystem, this.#store, this.#replacement);
      for (const lock of locks) lock.requireInPlace();
      isUnpinned = unpin(locks);
      this.#fileSystem.rename(this.#store, this.#oldStore);
    } catch (error) {
      this.#takeBackMark();
      throw error;
    }
    yield* isUnpinned ? this.#moveInAgain() : this.#putInPlace(locks);
  }

  *#moveIn(locks: readonly DirectoryLock[], onProven = () => {}): Steps<void> {
    yield* this.#prove(this.#oldStore);
    onProven();
    yield* this.#putInPlace(locks);
  }

  /** For the first rename the locks had to be let go: somebody may have written to either store since. */
  *#moveInAgain(): Steps<void> {
    let isProven = false;
    try {
      yield* this.#lockedBoth(this.#oldStore, (locks) =>
        this.#moveIn(locks, () => {
          isProven = true;
        }),
      );
    } catch (error) {
      if (!isProven) {
        yield* this.#putBack();
        this.#takeBackMark();
      }
      throw error;
    }
  }

  *#putInPlace(locks: readonly DirectoryLock[]): Steps<void> {
    unpin(locks);
    try {
      // A power cut that kept the second rename without the first would leave nothing of the old store.
      if (this.#fileSystem.list(this.#oldStore).some(isQuarantine))
        yield* fsyncDirectorySteps(this.#fileSystem, dirname(this.#store));
      this.#fileSystem.rename(this.#replacement, this.#store);
    } catch (error) {
      yield* this.#putBack();
      this.#takeBackMark();
      throw error;
    }
    yield* this.#finish(locks);
  }

  /** Durably: the first rename may be so by now. */
  *#putBack(): Steps<void> {
    try {
      this.#fileSystem.rename(this.#oldStore, this.#store);
      yield* fsyncDirectorySteps(this.#fileSystem, dirname(this.#store));
    } catch (cause) {
      throw errnoOf(cause) === undefined ? cause : this.#unfinished(cause);
    }
  }

  /** Makes the new names durable, then removes the old store. From here on nothing is given up. */
  *#finish(locks: readonly DirectoryLock[]): Steps<void> {
    unpin(locks);
    try {
      for (const parent of new Set([dirname(this.#store), dirname(this.#replacement)]))
        yield* fsyncDirectorySteps(this.#fileSystem, parent);
      yield* moveQuarantine(this.#fileSystem, this.#oldStore, this.#store);
      yield* removeOldStore(this.#fileSystem, this.#oldStore);
      yield* fsyncDirectorySteps(this.#fileSystem, dirname(this.#store));
    } catch (cause) {
      throw errnoOf(cause) === undefined ? cause : this.#incomplete(cause);
    }
  }

  /**
   * Proves that nothing is lost with the old store, and that the replacement, soon all there is, is durable.
   *
   * @param store Where the old store stands now.
   */
  *#prove(store: string): Steps<void> {
    yield* this.#proveReplacement();
    if (this.#isForced) return;
    const difference = yield* compareStores(store, this.#replacement, this.#options, (dir, report) => {
      const found = whatIsLacking(report);
      if (found !== undefined) throw dir === store ? this.#sourceDamaged(found) : this.#damaged(found);
    });
    const { missing, extra, different, rawRecords } = difference;
    if (missing + extra + different + rawRecords > 0) throw this.#differs(difference);
  }

  /** Reads the replacement through and syncs it. */
  *#proveReplacement(): Steps<void> {
    const { verdict, segments } = yield* verifyLogSteps(this.#replacement, this.#options);
    if (verdict !== "intact") throw this.#damaged(verdict);
    if (segments.length === 0) throw this.#damaged("no segment");
    for (const { path } of segments) yield* useFileSteps(this.#fileSystem, path, "read", fsyncFile);
    yield* fsyncDirectorySteps(this.#fileSystem, this.#replacement);
    yield { kind: "progress", bytesDone: 0, bytesTotal: 0 };
  }

  /** With the locks of a store, wherever it stands now, and of the replacement. */
  #lockedBoth(store: string, work: (locks: readonly DirectoryLock[]) => Steps<void>): Steps<void> {
    return this.#locked(store, (own) => this.#locked(this.#replacement, (other) => work([own, other])));
  }

  *#locked(directory: string, work: (lock: DirectoryLock) => Steps<void>): Steps<void> {
    const lock = yield* DirectoryLock.take(this.#fileSystem, directory);
    try {
      yield* work(lock);
    } catch (error) {
      lock.abandon();
      throw error;
    }
    lock.release();
  }

  #isThere(path: string): boolean {
    return this.#fileSystem.stat(path) !== undefined;
  }

  #takeBackMark(): void {
    try {
      unmark(this.#fileSystem, this.#store);
    } catch {
      // What made the swap fail is to be told. A mark in a store that was not replaced proves nothing.
    }
  }

  #requireApart(): void {
    const places = [this.#store, this.#oldStore];
    const isApart = places.every(
      (place) => !isWithin(place, this.#replacement) && !isWithin(this.#replacement, place),
    );
    if (isApart) return;
    const message = `datawal: "replacement" expected a directory apart from ${this.#store} and ${this.#oldStore}, got ${this.#replacement}`;
    const facts = { path: this.#store, actual: this.#replacement };
    throw withCode(new RangeError(message), "ERR_DATAWAL_BAD_REPLACEMENT", facts);
  }

  #requireReplacedBy(successor: string): void {
    if (isReplacedBy(this.#fileSystem, this.#oldStore, successor)) return;
    const message = `${this.#oldStore}: expected nothing there, or what a swap with ${successor} has left, found something else; nothing was changed: if it is a backup give it another name, then try again`;
    throw new DataWalError("ERR_DATAWAL_OLD_STORE_PRESENT", message, {
      path: this.#store,
      oldPath: this.#oldStore,
    });
  }

  #requireRemovable(): void {
    const found = unremovableNames(this.#fileSystem, this.#store);
    if (found.length === 0) return;
    const message = `${this.#store}: expected nothing but the files of a log, found ${found.join(", ")}: a swap would have to remove what is not its own; nothing was changed: look at them, move them elsewhere, then try again`;
    throw new DataWalError("ERR_DATAWAL_SWAP_REFUSED", message, { path: this.#store, found });
  }

  #damaged(found: string): DataWalError {
    const message = `${this.#replacement}: expected an intact store to put in the place of ${this.#store}, found it ${found}; nothing was changed: run verifyLog on it, or compact again`;
    return new DataWalError("ERR_DATAWAL_REPLACEMENT_DAMAGED", message, { path: this.#replacement, found });
  }

  #sourceDamaged(found: string): DataWalError {
    const message = `${this.#store}: expected it whole, since the replacement must hold all that it does, found it ${found}; nothing was changed: open it for writing, which repairs it, then compact again; or pass { force: true } to give up what may be lost`;
    return new DataWalError("ERR_DATAWAL_SOURCE_DAMAGED", message, { path: this.#store, found });
  }

  #differs(difference: StoreDifference): DataWalError {
    const message = `${this.#replacement}: expected exactly the live pairs of ${this.#store}, found ${describeDifference(difference)}; nothing was changed: compact again when nobody writes any more, or pass { force: true } to give up what only ${this.#store} holds`;
    return new DataWalError("ERR_DATAWAL_REPLACEMENT_DIFFERS", message, {
      path: this.#replacement,
      store: this.#store,
      ...difference,
    });
  }

  #unfinished(cause: unknown): RecordLogError {
    const message = `${this.#store}: expected ${this.#replacement} in its place, or the store itself again; the file system refused both, and the store is at ${this.#oldStore}, or may be there after a power cut: see the cause, then call replaceStore again with the same arguments, or rename ${this.#oldStore} back`;
    const facts = { path: this.#store, oldPath: this.#oldStore };
    return new RecordLogError("ERR_DATAWAL_SWAP_UNFINISHED", message, facts, cause);
  }

  #incomplete(cause: unknown): DataWalError {
    const message = `${this.#store}: the replacement is in place, but a power cut may undo that, and ${this.#oldStore} is not wholly removed: see the cause, then call replaceStore again with the same arguments`;
    const facts = { path: this.#store, oldPath: this.#oldStore };
    return new DataWalError("ERR_DATAWAL_SWAP_INCOMPLETE", message, facts, cause);
  }
}

/** @returns Whether any of the locks had to be released. */
function unpin(locks: readonly DirectoryLock[]): boolean {
  return locks.filter((lock) => lock.unpin()).length > 0;
}

/** What keeps a store's live pairs from being all that it was given; a gap in the middle is past mending. */
function whatIsLacking(report: RecoveryReport): string | undefined {
  const { tailTruncated, validFramesBeyond, warnings } = report;
  if (tailTruncated > 0) return validFramesBeyond ? "damaged" : "torn";
  const warning = warnings.find(({ kind }) => LACKING.has(kind));
  return warning && `unfit: ${describeWarning(warning)}`;
}

const LACKING: ReadonlySet<string> = new Set([
  "repair-unfinished",
  "synced-data-damaged",
  "synced-data-missing",
]);

function isWithin(path: string, directory: string): boolean {
  return join(path, sep).startsWith(join(directory, sep));
}
