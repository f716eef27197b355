import { basename, dirname, join } from "node:path";
import type { FileSystem, OpenFile } from "@datawal/safeatomic";
import {
  afterChange,
  fsyncDirectorySteps,
  fsyncFile,
  makeDurableDirectory,
  type Steps,
  temporaryPathFor,
  useFileSteps,
} from "@datawal/safeatomic/internal";
import { RecordLogError } from "../record-log-error.js";

/**
 * Makes a directory of files whole, or not at all: built beside its place under a temporary name, synced, then given
 * its name in one step, the parent synced. On any failure what was built is removed; after a crash it may remain.
 *
 * @param target Absolute; must not exist, or be an empty directory.
 * @param build Makes files, synced and closed, in the directory it is given; no directories. Returns whether that is
 *   worth a name: otherwise it is removed, as on a failure.
 * @returns The same.
 * @throws RecordLogError ERR_DATAWAL_TARGET_EXISTS
 * @throws SafeatomicError ERR_DATAWAL_CHANGE_NOT_DURABLE: it has its name, but syncing the parent failed
 */
export function* publishDirectory(
  fileSystem: FileSystem,
  target: string,
  build: (directory: string) => Steps<boolean>,
): Steps<boolean> {
  requireFree(fileSystem, target);
  yield* makeDurableDirectory(fileSystem, dirname(target));
  const parent = fileSystem.realPath(dirname(target));
  const temporary = temporaryPathFor(fileSystem, join(parent, basename(target)));
  fileSystem.makeDirectory(temporary);
  let isPublished = false;
  try {
    if (!(yield* build(temporary))) return false;
    yield* fsyncDirectorySteps(fileSystem, temporary);
    requireFree(fileSystem, target);
    fileSystem.rename(temporary, target);
    isPublished = true;
    yield* afterChange(target, () => fsyncDirectorySteps(fileSystem, parent), "write it again elsewhere");
    return true;
  } finally {
    if (!isPublished) discardDirectory(fileSystem, temporary);
  }
}

/** Makes one file of a directory that is being built; durable, but for its name, when done. */
export function buildFile<T>(
  fileSystem: FileSystem,
  path: string,
  write: (file: OpenFile) => Steps<T>,
): Steps<T> {
  return useFileSteps(fileSystem, path, "create", function* (file) {
    const result = yield* write(file);
    yield* fsyncFile(file);
    return result;
  });
}

function requireFree(fileSystem: FileSystem, target: string): void {
  const stat = fileSystem.stat(target);
  if (stat === undefined || (stat.kind === "directory" && fileSystem.list(target).length === 0)) return;
  const message = `${target}: expected nothing there, or an empty directory, found something; nothing was written: choose another target`;
  throw new RecordLogError("ERR_DATAWAL_TARGET_EXISTS", message, { path: target });
}

/** Removes a directory of files, as far as that can be. */
export function discardDirectory(fileSystem: FileSystem, directory: string): void {
  try {
    for (const { name } of fileSystem.list(directory)) fileSystem.removeFile(join(directory, name));
    fileSystem.removeDirectory(directory);
  } catch {
    // The failure that led here is the one to tell; what cannot be removed has a name that says what it is.
  }
}
