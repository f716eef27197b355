import { type FileSystem, fsyncDirectorySteps, makeDurableDirectory, type Steps } from "@datawal/safeatomic";
import { RecordLogError } from "./record-log-error.js";

/**
 * The directory of an existing store, every link in its path resolved.
 *
 * @throws RecordLogError ERR_DATAWAL_STORE_NOT_FOUND, ERR_DATAWAL_STORE_NOT_A_DIRECTORY, ERR_DATAWAL_SWAP_UNFINISHED
 */
export function findStoreDirectory(fileSystem: FileSystem, path: string): string {
  requireNoUnfinishedSwap(fileSystem, path);
  if (fileSystem.stat(path) === undefined) {
    throw new RecordLogError(
      "ERR_DATAWAL_STORE_NOT_FOUND",
      `${path}: expected a store's directory, found nothing; check the path, or open it for writing to make a new store`,
      { path },
    );
  }
  const directory = fileSystem.realPath(path);
  if (fileSystem.stat(directory)?.kind === "directory") return directory;
  throw new RecordLogError(
    "ERR_DATAWAL_STORE_NOT_A_DIRECTORY",
    `${path}: expected a store's directory, found something else; a store is a directory of segments, not a file`,
    { path },
  );
}

/** As {@link findStoreDirectory}, but makes what is missing of the path, each level durable before the next. */
export function* makeStoreDirectory(fileSystem: FileSystem, path: string): Steps<string> {
  requireNoUnfinishedSwap(fileSystem, path);
  if (fileSystem.stat(path) === undefined) yield* makeDurableDirectory(fileSystem, path);
  return findStoreDirectory(fileSystem, path);
}

/**
 * Makes the names that lead to a store's files durable: they may be the unsynced work of a process that died.
 *
 * @returns Whether this file system can sync directories.
 */
export function* syncStoreDirectory(fileSystem: FileSystem, directory: string): Steps<boolean> {
  const outcome = yield* fsyncDirectorySteps(fileSystem, directory);
  yield* makeDurableDirectory(fileSystem, directory);
  return outcome === "synced";
}

/** Where a swap keeps the store that it replaces (disk-rules R16). */
export function oldStorePath(path: string): string {
  return `${path}.old`;
}

/** A swap that was interrupted leaves no store under the name: making an empty one would hide the data. */
function requireNoUnfinishedSwap(fileSystem: FileSystem, path: string): void {
  const oldPath = oldStorePath(path);
  if (fileSystem.stat(path) !== undefined || fileSystem.stat(oldPath)?.kind !== "directory") return;
  throw new RecordLogError(
    "ERR_DATAWAL_SWAP_UNFINISHED",
    `${path}: expected a store, found only ${oldPath}, left by a swap that was interrupted; finish it with replaceStore("${path}", REPLACEMENT), or rename ${oldPath} back`,
    { path, oldPath },
  );
}
