import { dirname, resolve } from "node:path";
import { makeDurableDirectory } from "./durable-directory.js";
import { appendInPieces, fileOperation } from "./file-operation.js";
import type { FileSystem } from "./file-system.js";
import { fsyncDirectorySteps } from "./fsync-directory.js";
import { knownOptions } from "./known-options.js";
import { nodeFileSystem } from "./node/node-file-system.js";
import { publishFile } from "./publish-file.js";
import { realName } from "./real-path.js";
import { runInTurn } from "./run-in-turn.js";
import { errnoOf } from "./safeatomic-error.js";
import { runSync, type Steps } from "./steps.js";
import { temporaryPathFor } from "./temporary-name.js";
import { type FileData, fileBytes, WRITE_OPTIONS, type WriteOptions } from "./write-options.js";

/**
 * Makes a file with this content, unless the name is taken: of any number of callers, in any number of processes,
 * exactly one makes it. Nobody ever sees part of the content.
 *
 * @param path Its directory must exist; relative paths start at the current directory. Whatever stands there takes the
 *   name, a link that leads nowhere too.
 * @param data Bytes must not be changed before the promise settles.
 * @returns Whether this call made the file. Either way the name is durable, and so is the content that a call of
 *   this function gave it.
 * @throws {SafeatomicError} ERR_DATAWAL_FILE_IO, ERR_DATAWAL_SHORT_WRITE: no file was made. With `EPERM`: this file
 *   system may lack hard links, which decide the race
 * @throws {SafeatomicError} ERR_DATAWAL_CHANGE_NOT_DURABLE: the file is there, but a power cut may undo it
 * @throws {TypeError} ERR_DATAWAL_DATA_NOT_BYTES, ERR_DATAWAL_DATA_MALFORMED_STRING, ERR_DATAWAL_BAD_FILE_OPTION
 */
export function writeOnce(path: string, data: FileData, options: WriteOptions = {}): Promise<boolean> {
  return runInTurn(writeOnceSteps("writeOnce", path, data, options), options);
}

/** {@link writeOnce}, on this thread. */
export function writeOnceSync(path: string, data: FileData, options: WriteOptions = {}): boolean {
  return runSync(writeOnceSteps("writeOnce", path, data, options), options);
}

/**
 * As {@link writeOnce}, and makes the directories above the file that are missing, durably.
 *
 * @throws {SafeatomicError} as `writeOnce`, and ERR_DATAWAL_NOT_A_DIRECTORY, ERR_DATAWAL_DANGLING_LINK,
 *   ERR_DATAWAL_FOREIGN_LINK. Directories made before a failure stay.
 */
export function writeOnceWithParents(
  path: string,
  data: FileData,
  options: WriteOptions = {},
): Promise<boolean> {
  return runInTurn(writeOnceSteps("writeOnceWithParents", path, data, options), options);
}

/** {@link writeOnceWithParents}, on this thread. */
export function writeOnceWithParentsSync(path: string, data: FileData, options: WriteOptions = {}): boolean {
  return runSync(writeOnceSteps("writeOnceWithParents", path, data, options), options);
}

function* writeOnceSteps(
  operation: "writeOnce" | "writeOnceWithParents",
  path: string,
  data: FileData,
  options: WriteOptions,
): Steps<boolean> {
  const { fileSystem = nodeFileSystem, mode } = knownOptions(options, WRITE_OPTIONS);
  const bytes = fileBytes(data);
  return yield* fileOperation(operation, path, options, function* () {
    if (operation === "writeOnceWithParents") yield* makeDurableDirectory(fileSystem, dirname(resolve(path)));
    return yield* makeOnce(fileSystem, realName(fileSystem, path), bytes, mode);
  });
}

function* makeOnce(
  fileSystem: FileSystem,
  path: string,
  bytes: Uint8Array,
  permissions: number | undefined,
): Steps<boolean> {
  if (!fileSystem.stat(path)) {
    const temporaryPath = temporaryPathFor(fileSystem, path);
    try {
      yield* publishFile(fileSystem, { path, temporaryPath, permissions, replace: false }, (file) =>
        appendInPieces(file, bytes),
      );
      return true;
    } catch (error) {
      if (errnoOf(error) !== "EEXIST" || !fileSystem.stat(path)) throw error;
    }
  }
  // Whoever made it may not have come to this yet, and would not if it has been killed since.
  yield* fsyncDirectorySteps(fileSystem, dirname(path));
  return false;
}
