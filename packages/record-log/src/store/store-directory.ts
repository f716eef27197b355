import type { EntryKind, FileSystem } from "@datawal/safeatomic";
import {
  errnoOf,
  fsyncDirectorySteps,
  makeDurableDirectory,
  realPlace,
  removeIfEmpty,
  type Steps,
} from "@datawal/safeatomic/internal";
import { isRecordLogError, RecordLogError } from "../record-log-error.js";
import { parseStoreName } from "./store-names.js";

/**
 * The directory of an existing store, every link in its path resolved.
 *
 * @throws RecordLogError ERR_DATAWAL_STORE_NOT_FOUND, ERR_DATAWAL_STORE_NOT_A_DIRECTORY, ERR_DATAWAL_SWAP_UNFINISHED
 */
export function findStoreDirectory(fileSystem: FileSystem, path: string): string {
  const place = storePlace(fileSystem, path);
  // A swap may begin behind the look for one, and come to its end behind the look for the store.
  const kind = kindBesideNoSwap(fileSystem, place) ?? kindBesideNoSwap(fileSystem, place);
  if (kind === "directory") return place;
  if (kind === undefined) {
    const message = `${path}: expected a store's directory, found nothing; check the path; a store is made by a writer, and not with { create: false }`;
    throw new RecordLogError("ERR_DATAWAL_STORE_NOT_FOUND", message, { path });
  }
  const message = `${path}: expected a store's directory, found something else; a store is a directory of segments, not a file`;
  throw new RecordLogError("ERR_DATAWAL_STORE_NOT_A_DIRECTORY", message, { path });
}

/** As {@link findStoreDirectory}, but makes what is missing of the path, each level durable before the next. */
export function* makeStoreDirectory(fileSystem: FileSystem, path: string): Steps<string> {
  const place = storePlace(fileSystem, path);
  if (kindBesideNoSwap(fileSystem, place) !== undefined) return findStoreDirectory(fileSystem, path);
  yield* makeDurableDirectory(fileSystem, path);
  try {
    return findStoreDirectory(fileSystem, path);
  } catch (error) {
    // A swap had just moved the store away, and is to find its place free.
    if (isRecordLogError(error, "ERR_DATAWAL_SWAP_UNFINISHED")) removeIfEmpty(fileSystem, place);
    throw error;
  }
}

/**
 * Where a store stands, or would stand: every link resolved, also one that leads to nothing, as a swap leaves it for a
 * moment. Where a directory on the way is missing nothing can be resolved.
 */
export function storePlace(fileSystem: FileSystem, path: string): string {
  try {
    return realPlace(fileSystem, path);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT" || errno === "ENOTDIR") return path;
    throw error;
  }
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

/** A directory that a writer made and did not get to fill. */
export function isHollow(fileSystem: FileSystem, directory: string): boolean {
  return fileSystem.list(directory).every(({ name }) => parseStoreName(name).kind === "lock");
}

/**
 * What stands at a store's place. A swap that was interrupted, or is under way, leaves nothing there, or what a writer
 * made in between: taking that for an empty store, or making one, would hide the data.
 *
 * @throws RecordLogError ERR_DATAWAL_SWAP_UNFINISHED
 */
function kindBesideNoSwap(fileSystem: FileSystem, place: string): EntryKind | undefined {
  const oldPath = oldStorePath(place);
  const hasOld = fileSystem.stat(oldPath)?.kind === "directory";
  const kind = fileSystem.stat(place)?.kind;
  if (!hasOld || (kind !== undefined && !isInPlaceOf(fileSystem, place, kind, oldPath))) return kind;
  const message = `${place}: expected a store, found only ${oldPath}, left by a swap that was interrupted; finish it with replaceStore("${place}", REPLACEMENT), or rename ${oldPath} back`;
  throw new RecordLogError("ERR_DATAWAL_SWAP_UNFINISHED", message, { path: place, oldPath });
}

/** Whether a directory was made at the place of a store that a swap had moved away; beside a backup it means nothing. */
function isInPlaceOf(fileSystem: FileSystem, place: string, kind: EntryKind, oldPath: string): boolean {
  const isMarked = () =>
    fileSystem.list(oldPath).some(({ name }) => parseStoreName(name).kind === "swap-mark");
  return kind === "directory" && isHollow(fileSystem, place) && isMarked();
}
