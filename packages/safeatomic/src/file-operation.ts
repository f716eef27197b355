import { resolve } from "node:path";
import { appendFully } from "./append-fully.js";
import type { FileSystem, OpenFile } from "./file-system.js";
import { nodeFileSystem } from "./node/node-file-system.js";
import { ownOptions } from "./own-options.js";
import { errnoOf, isSafeatomicError, SafeatomicError } from "./safeatomic-error.js";
import type { Steps } from "./steps.js";
import type { FileOptions } from "./write-options.js";

/** Files are written in pieces of this size, with a look at the signal between two. */
const PIECE_BYTES = 1 << 20;

/** Appends the content of a file that nobody sees yet. */
export function* appendInPieces(file: OpenFile, bytes: Uint8Array): Steps<void> {
  for (let offset = 0; offset < bytes.length; offset += PIECE_BYTES) {
    yield { kind: "progress", bytesDone: offset, bytesTotal: bytes.length };
    appendFully(file, bytes, offset, Math.min(PIECE_BYTES, bytes.length - offset));
  }
  yield { kind: "progress", bytesDone: bytes.length, bytesTotal: bytes.length };
}

/**
 * One of the six functions: gives up before it begins if the signal says so, and a failed call of the port becomes an
 * error that says what was being done, and where.
 */
export function* fileOperation<T>(
  operation: string,
  path: string,
  options: FileOptions,
  work: () => Steps<T>,
): Steps<T> {
  const { signal, fileSystem = nodeFileSystem } = ownOptions(options);
  try {
    yield { kind: "progress", bytesDone: 0, bytesTotal: 0 };
    return yield* work();
  } catch (error) {
    if (signal?.aborted && error === signal.reason) throw error;
    throw named(operation, placeOf(path), error, fileSystem);
  }
}

function named(operation: string, path: string, error: unknown, fileSystem: FileSystem): unknown {
  if (isSafeatomicError(error, "ERR_DATAWAL_SHORT_WRITE")) {
    const { expected, actual } = error;
    const message = `${operation} ${path}: ${error.message}`;
    return new SafeatomicError(error.code, message, { expected, actual }, error);
  }
  const errno = errnoOf(error);
  if (errno === undefined) return error;
  const advice = nodeAdvice(error) ?? readOnlyAdvice(path, errno, fileSystem) ?? ADVICE[errno] ?? "";
  const message = `${operation} ${path} failed and has changed no file: the file system said ${errno}${advice}`;
  return new SafeatomicError("ERR_DATAWAL_FILE_IO", message, { operation, path, errno }, error);
}

function placeOf(path: string): string {
  try {
    return resolve(path);
  } catch {
    // There is no current directory, which is what is told.
    return path;
  }
}

/** What to do about a failure that is not of the file. */
export function nodeAdvice(error: unknown): string | undefined {
  const { code, syscall } = error as { code?: unknown; syscall?: unknown };
  if (code === "ERR_ACCESS_DENIED")
    return "; Node's permission model refuses it: allow the directory to be read and written, and see that this Node allows fsync under it (none did up to 26); a lock needs --allow-child-process or --allow-addons";
  if (syscall === "uv_cwd") return "; the current directory has been removed: give an absolute path";
  return undefined;
}

/** A file that nobody may write is what a permission error is mostly about. */
function readOnlyAdvice(path: string, errno: string, fileSystem: FileSystem): string | undefined {
  if (errno !== "EACCES") return undefined;
  try {
    const found = fileSystem.stat(fileSystem.realPath(path));
    if (found?.kind !== "file" || found.mode & 0o222) return undefined;
    return `; the file's mode is ${found.mode.toString(8).padStart(4, "0")}, nobody may write it: chmod u+w`;
  } catch {
    // Where not even this may be looked at, the general advice is the right one.
    return undefined;
  }
}

const ADVICE: Readonly<Record<string, string>> = {
  EACCES:
    "; check the permissions of the file and of its directory, which must be readable, too, for its names to be synced",
  EBUSY:
    "; something may be mounted on the file itself, as containers do with a single file: it cannot be replaced, so mount its directory instead",
  EPERM:
    "; check the permissions, and whether this file system has hard links; on Windows, who has the file open",
  EROFS: "; the file system is read-only",
  ENOENT: "; make its directory first, or use writeOnceWithParents",
  ENOSPC: "; free some space and try again",
  EDQUOT: "; free some of your quota and try again",
  EMFILE: "; close some files, or raise the limit of open files (ulimit -n)",
  ENFILE: "; close some files, or raise the system's limit of open files",
  EXDEV:
    "; both names must be on one file system, and a directory of an overlay's lower layer (of a container's image) cannot be renamed: write a copy, then remove the original",
  EIO: "; the device reported an error: check it (dmesg)",
};
