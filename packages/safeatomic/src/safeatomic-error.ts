import { constants } from "node:os";
import { CodedError, type CodedErrorOf, codeGiver, type FactsOf, hasCode, type Told } from "./coded-error.js";
import type { EntryKind } from "./file-system.js";

/** What is told beside each code of this package. Sizes are in bytes; `errno` is Node's name of a system error. */
const CODES = {
  // A caller's mistake: a TypeError.
  ERR_DATAWAL_DATA_NOT_BYTES: {} as Told<{ actual: string }>,
  ERR_DATAWAL_DATA_MALFORMED_STRING: {} as Told<Record<never, never>>,
  ERR_DATAWAL_BAD_FILE_OPTION: {} as Told<{ option: string; actual: unknown }>,
  ERR_DATAWAL_NOT_ONE_LINE: {} as Told<{ actual: string }>,
  // What the disk said: a SafeatomicError.
  /** One of the six functions failed before its change could be seen; `cause` is the port's error. */
  ERR_DATAWAL_FILE_IO: {} as Told<{ operation: string; path: string; errno: string }>,
  /** The change is in place, but a sync failed behind it: a power cut may undo it. `cause` is the port's error. */
  ERR_DATAWAL_CHANGE_NOT_DURABLE: {} as Told<{ path: string; errno: string }>,
  /** An append of `expected` bytes failed half way, and the file has `actual` bytes more than before. */
  ERR_DATAWAL_TORN_APPEND: {} as Told<{ path: string; expected: number; actual: number }>,
  ERR_DATAWAL_TEMPORARY_REPLACED: {} as Told<{ path: string }>,
  ERR_DATAWAL_SHORT_WRITE: {} as Told<{ expected: number; actual: number }>,
  /** A name that Windows keeps for a device, or lets no file have that other programs could open. */
  ERR_DATAWAL_RESERVED_NAME: {} as Told<{ path: string; reserved: string }>,
  ERR_DATAWAL_NOT_A_FILE: {} as Told<{ path: string; actual: EntryKind }>,
  ERR_DATAWAL_NOT_A_DIRECTORY: {} as Told<{ path: string; actual: EntryKind }>,
  ERR_DATAWAL_DANGLING_LINK: {} as Told<{ path: string }>,
  /** A link in a directory that everybody may write to, made by neither this user nor the directory's owner. */
  ERR_DATAWAL_FOREIGN_LINK: {} as Told<{ path: string }>,
  ERR_DATAWAL_LOCK_FAILED: {} as Told<{ path: string; means: string }>,
  ERR_DATAWAL_NO_LOCK_MEANS: {} as Told<{ path: string }>,
};

export type SafeatomicErrorFacts = FactsOf<typeof CODES>;

export type SafeatomicErrorCode = keyof SafeatomicErrorFacts;

/** An error of this package with its code and the facts of that code as fields. */
export type SafeatomicErrorOf<C extends SafeatomicErrorCode> = CodedErrorOf<SafeatomicErrorFacts, C>;

export class SafeatomicError<C extends SafeatomicErrorCode = SafeatomicErrorCode> extends CodedError<
  SafeatomicErrorFacts,
  C
> {
  override readonly name = "SafeatomicError";
}

/** Gives a caller's mistake its code and facts. */
export const withCode = codeGiver<SafeatomicErrorFacts>();

/**
 * Tells whether an error is one of this package, by its code: two copies of the package agree, which
 * `instanceof` would not. A caller's mistake counts too.
 *
 * @param code When given, only this code counts, and the type narrows to its facts.
 */
export function isSafeatomicError<C extends SafeatomicErrorCode = SafeatomicErrorCode>(
  error: unknown,
  code?: C,
): error is SafeatomicErrorOf<C> {
  return hasCode(CODES, error, code);
}

/**
 * Node's name of a system error (`ENOSPC`, `EIO`, ...); `undefined` for any other error. What Node's permission model
 * refuses is `EACCES`.
 */
export function errnoOf(error: unknown): string | undefined {
  if (!isErrorLike(error) || typeof error.code !== "string") return undefined;
  if (/^E[A-Z0-9]+$/.test(error.code)) return error.code;
  if (error.code === "ERR_ACCESS_DENIED") return "EACCES";
  return "errno" in error && typeof error.errno === "number" ? nameOfErrno(-error.errno) : undefined;
}

/** Not `instanceof`: where tests run in a realm of their own, Node's errors are of another. */
function isErrorLike(value: unknown): value is Error & { code?: unknown } {
  return typeof value === "object" && value !== null && "message" in value;
}

/** Node has no name for some, EDQUOT among them: it says `Unknown system error -122`, or `UNKNOWN`. */
function nameOfErrno(errno: number): string | undefined {
  return Object.entries(constants.errno).find(([, number]) => number === errno)?.[0];
}

export function notAFile(path: string, actual: EntryKind): SafeatomicError {
  const message = `${path}: expected a regular file, found a ${DESCRIBED[actual]}; name another path, or move it away`;
  return new SafeatomicError("ERR_DATAWAL_NOT_A_FILE", message, { path, actual });
}

export function notADirectory(path: string, actual: EntryKind): SafeatomicError {
  const message = `${path}: expected a directory, found a ${DESCRIBED[actual]}; name another path, or move it away`;
  return new SafeatomicError("ERR_DATAWAL_NOT_A_DIRECTORY", message, { path, actual });
}

const DESCRIBED: Record<EntryKind, string> = {
  file: "regular file",
  directory: "directory",
  link: "symbolic link",
  other: "device, pipe or socket",
};
