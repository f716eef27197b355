import { dirname } from "node:path";
import { afterChange } from "./after-change.js";
import { appendFully } from "./append-fully.js";
import { fileOperation } from "./file-operation.js";
import type { FileSystem, OpenFile } from "./file-system.js";
import { fsyncDirectorySteps } from "./fsync-directory.js";
import { knownOptions } from "./known-options.js";
import { nodeFileSystem } from "./node/node-file-system.js";
import { readFully } from "./read-fully.js";
import { type WriteTarget, writeTarget } from "./real-path.js";
import { runInTurn } from "./run-in-turn.js";
import { errnoOf, SafeatomicError } from "./safeatomic-error.js";
import { fsyncFile, runSync, type Steps } from "./steps.js";
import { type FileData, fileBytes, WRITE_OPTIONS, type WriteOptions } from "./write-options.js";

/**
 * Appends to a file, made if need be. When it resolves the bytes are durable, and so is the file's name. A symbolic
 * link is followed.
 *
 * The bytes go out as one write. If that fails half way, what it wrote is cut off again, unless somebody else has
 * appended since. A crash half way may leave a first part of the bytes: for records that must be whole, use
 * `@datawal/record-log`.
 *
 * @param path Its directory must exist; relative paths start at the current directory.
 * @param data Bytes must not be changed before the promise settles.
 * @param options `mode` is for a file that does not exist yet. `signal` counts until the write is made.
 * @throws {SafeatomicError} ERR_DATAWAL_FILE_IO, ERR_DATAWAL_SHORT_WRITE, ERR_DATAWAL_NOT_A_FILE,
 *   ERR_DATAWAL_DANGLING_LINK, ERR_DATAWAL_FOREIGN_LINK: nothing was appended; a file made for it
 *   stays, empty
 * @throws {SafeatomicError} ERR_DATAWAL_TORN_APPEND: part of the bytes was appended, and could not be cut off
 * @throws {SafeatomicError} ERR_DATAWAL_CHANGE_NOT_DURABLE: the bytes are there, but a power cut may undo it
 * @throws {TypeError} ERR_DATAWAL_DATA_NOT_BYTES, ERR_DATAWAL_DATA_MALFORMED_STRING, ERR_DATAWAL_BAD_FILE_OPTION
 */
export function writeAppendFsync(path: string, data: FileData, options: WriteOptions = {}): Promise<void> {
  return runInTurn(writeAppendFsyncSteps(path, data, options), options);
}

/** {@link writeAppendFsync}, on this thread. */
export function writeAppendFsyncSync(path: string, data: FileData, options: WriteOptions = {}): void {
  runSync(writeAppendFsyncSteps(path, data, options), options);
}

function* writeAppendFsyncSteps(path: string, data: FileData, options: WriteOptions): Steps<void> {
  const { fileSystem = nodeFileSystem, mode } = knownOptions(options, WRITE_OPTIONS);
  const bytes = fileBytes(data);
  yield* fileOperation("writeAppendFsync", path, options, () => appendDurably(fileSystem, path, bytes, mode));
}

function* appendDurably(
  fileSystem: FileSystem,
  path: string,
  bytes: Uint8Array,
  mode: number | undefined,
): Steps<void> {
  const target = writeTarget(fileSystem, path);
  fileSystem.requireDirectory?.(dirname(target.path));
  const file = openOrCreate(fileSystem, target, mode);
  try {
    yield* appendWhole(file, target.path, bytes);
  } catch (error) {
    file.close();
    throw error;
  }
  yield* afterChange(target.path, () => fsyncAndClose(fileSystem, file, target.path));
}

function* fsyncAndClose(fileSystem: FileSystem, file: OpenFile, path: string): Steps<void> {
  try {
    yield* fsyncFile(file);
  } finally {
    file.close();
  }
  // Also where the file was there: its maker may have been killed before it synced the name.
  yield* fsyncDirectorySteps(fileSystem, dirname(path));
}

function openOrCreate(fileSystem: FileSystem, target: WriteTarget, mode: number | undefined): OpenFile {
  if (target.existing) return fileSystem.open(target.path, "append");
  try {
    return fileSystem.open(target.path, "create", mode);
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
    return fileSystem.open(target.path, "append");
  }
}

/** Appends all of the bytes, or takes back what a failed write has left of them. */
function* appendWhole(file: OpenFile, path: string, bytes: Uint8Array): Steps<void> {
  const sizeBefore = file.stat().size;
  try {
    appendFully(file, bytes);
  } catch (error) {
    const grownBytes = file.stat().size - sizeBefore;
    const isWhole = yield* cutOff(file, sizeBefore, bytes.subarray(0, grownBytes));
    throw isWhole ? error : tornAppend(path, bytes.length, grownBytes, error);
  }
}

/** Cuts a torn append off, durably. Returns false where it may still be there, as when others have appended since. */
function* cutOff(file: OpenFile, offset: number, torn: Uint8Array): Steps<boolean> {
  try {
    if (!endsWith(file, offset, torn)) return false;
    if (torn.length > 0) {
      file.truncate(offset);
      yield* fsyncFile(file);
    }
    return true;
  } catch (error) {
    // The caller is told of a torn append, and of the failure that came first.
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}

function endsWith(file: OpenFile, offset: number, expected: Uint8Array): boolean {
  const found = new Uint8Array(expected.length + 1);
  const count = readFully(file, found, 0, found.length, offset);
  return count === expected.length && expected.every((byte, index) => byte === found[index]);
}

function tornAppend(path: string, expected: number, actual: number, cause: unknown): SafeatomicError {
  const message = `${path}: expected to append ${expected} bytes or none, but a write failed half way and the file has ${actual} bytes more than before; look at its end before you append again`;
  return new SafeatomicError("ERR_DATAWAL_TORN_APPEND", message, { path, expected, actual }, cause);
}
