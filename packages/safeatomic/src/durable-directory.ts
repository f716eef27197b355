import { dirname } from "node:path";
import type { FileStat, FileSystem } from "./file-system.js";
import { fsyncDirectorySteps } from "./fsync-directory.js";
import { resolveLink } from "./real-path.js";
import { errnoOf, notADirectory } from "./safeatomic-error.js";
import type { Steps } from "./steps.js";

/**
 * Makes a directory, and those above it that are missing, one level at a time, each name synced before anything is
 * made below it. What exists is fine; a link to a directory is followed.
 *
 * A call that returns has left the whole path durable, also where an earlier one was killed half way: that one can
 * have left unsynced only the deepest name it made, and the parent of the deepest that exists is synced first.
 *
 * @param path Absolute.
 * @throws {SafeatomicError} ERR_DATAWAL_NOT_A_DIRECTORY, ERR_DATAWAL_DANGLING_LINK, ERR_DATAWAL_FOREIGN_LINK
 * @throws The port's error.
 */
export function* makeDurableDirectory(fileSystem: FileSystem, path: string): Steps<void> {
  const parent = dirname(path);
  const found = fileSystem.stat(path);
  if (found) {
    const directory = realDirectory(fileSystem, path, found);
    yield* fsyncWhereReadable(fileSystem, dirname(directory));
    return;
  }
  if (parent !== path) yield* makeDurableDirectory(fileSystem, parent);
  makeLevel(fileSystem, path);
  yield* fsyncDirectorySteps(fileSystem, fileSystem.realPath(parent));
}

/**
 * Removes a directory that was made for what then failed: empty it would look like work that was done. What
 * keeps it is somebody's, or says by its name what it is, and what led here is to be told.
 */
export function removeIfEmpty(fileSystem: FileSystem, path: string): void {
  try {
    fileSystem.removeDirectory(path);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}

/** The place of a directory, links resolved. */
function realDirectory(fileSystem: FileSystem, path: string, found: FileStat): string {
  const directory = resolveLink(fileSystem, path, found);
  const kind = directory === path ? found.kind : fileSystem.stat(directory)?.kind;
  if (kind !== "directory") throw notADirectory(path, kind ?? "other");
  return directory;
}

/** Where the directory cannot be opened, this user can hardly have made the name in it that might be unsynced. */
function* fsyncWhereReadable(fileSystem: FileSystem, path: string): Steps<void> {
  try {
    yield* fsyncDirectorySteps(fileSystem, path);
  } catch (error) {
    if (errnoOf(error) !== "EACCES") throw error;
  }
}

function makeLevel(fileSystem: FileSystem, path: string): void {
  try {
    fileSystem.makeDirectory(path);
  } catch (error) {
    // Another process may have made it since.
    const kind = errnoOf(error) === "EEXIST" ? fileSystem.stat(path)?.kind : undefined;
    if (kind !== "directory") throw error;
  }
}
