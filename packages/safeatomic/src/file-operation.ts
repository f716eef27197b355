import { resolve } from "node:path";
import { appendFully } from "./append-fully.js";
import type { OpenFile } from "./file-system.js";
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
  { signal }: FileOptions,
  work: () => Steps<T>,
): Steps<T> {
  try {
    yield { kind: "progress", bytesDone: 0, bytesTotal: 0 };
    return yield* work();
  } catch (error) {
    if (signal?.aborted && error === signal.reason) throw error;
    throw named(operation, resolve(path), error);
  }
}

function named(operation: string, path: string, error: unknown): unknown {
  if (isSafeatomicError(error, "ERR_DATAWAL_SHORT_WRITE")) {
    const { expected, actual } = error;
    return new SafeatomicError(
      error.code,
      `${operation} ${path}: ${error.message}`,
      { expected, actual },
      error,
    );
  }
  const errno = errnoOf(error);
  if (errno === undefined) return error;
  const message = `${operation} ${path} failed and has changed no file: the file system said ${errno}${ADVICE[errno] ?? ""}`;
  return new SafeatomicError("ERR_DATAWAL_FILE_IO", message, { operation, path, errno }, error);
}

const ADVICE: Readonly<Record<string, string>> = {
  EACCES: "; check the permissions of the file and of its directory",
  EPERM: "; check the permissions, and whether this file system has hard links",
  EROFS: "; the file system is read-only",
  ENOENT: "; make its directory first, or use writeOnceWithParents",
  ENOSPC: "; free some space and try again",
  EDQUOT: "; free some of your quota and try again",
  EMFILE: "; close some files, or raise the limit of open files (ulimit -n)",
  ENFILE: "; close some files, or raise the system's limit of open files",
  EXDEV:
    "; both names must be on one file system: write a copy there with writeAtomic, then remove the original",
  EIO: "; the device reported an error: check it (dmesg)",
};
