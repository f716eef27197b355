import type { InvalidReason } from "@datawal/format";
import { CodedError, type CodedErrorOf, type FactsOf, type Told } from "@datawal/safeatomic";
import { codeGiver, errnoOf, hasCode, nodeAdvice } from "@datawal/safeatomic/internal";
import type { AppendedRecord, RecordRef } from "./log-record.js";

/** From each code of this package to the facts that its errors carry. docs/errors.md says what to do about each. */
const CODES = {
  // A caller's mistake: a TypeError or a RangeError.
  ERR_DATAWAL_BAD_OPTION: {} as Told<{ option: string; actual: unknown }>,
  ERR_DATAWAL_NOT_CONSTRUCTIBLE: {} as Told<{ className: string }>,
  ERR_DATAWAL_BAD_RECORD: {} as Told<{ actual: string }>,
  ERR_DATAWAL_BAD_REF: {} as Told<{ segment: unknown; offset: unknown }>,
  /** The key is that of heads of groups. */
  ERR_DATAWAL_RESERVED_KEY: {} as Told<Record<never, never>>,
  /** In bytes: what the frames of a group are together, at least, and what they are at most. */
  ERR_DATAWAL_GROUP_TOO_LARGE: {} as Told<{ bytes: number; bytesMax: number }>,
  // What the store or the handle is like: a RecordLogError.
  /** A port call failed outside the writer's own protocols; `cause` is the port's error. */
  ERR_DATAWAL_STORE_IO: {} as Told<{ path: string; operation: string; errno: string }>,
  ERR_DATAWAL_STORE_NOT_FOUND: {} as Told<{ path: string }>,
  ERR_DATAWAL_STORE_NOT_A_DIRECTORY: {} as Told<{ path: string }>,
  ERR_DATAWAL_SWAP_UNFINISHED: {} as Told<{ path: string; oldPath: string }>,
  /** `owner` is the first line of `.lock`; whoever it names need not be the holder, unless that is known. */
  ERR_DATAWAL_LOCKED: {} as Told<{
    path: string;
    owner: string;
    isHolderKnown: boolean;
    heldByThisProcess: boolean;
  }>,
  ERR_DATAWAL_REPLACED: {} as Told<{ path: string }>,
  ERR_DATAWAL_SEGMENT_NOT_A_FILE: {} as Told<{ path: string; actual: string }>,
  ERR_DATAWAL_SEGMENT_DAMAGED: {} as Told<DamageFacts>,
  ERR_DATAWAL_NOT_A_SEGMENT: {} as Told<DamageFacts>,
  ERR_DATAWAL_FRAME_UNSUPPORTED: {} as Told<DamageFacts>,
  ERR_DATAWAL_STRICT_RECOVERY: {} as Told<{ path: string; objections: string[] }>,
  ERR_DATAWAL_SEGMENT_CHANGED: {} as Told<{ path: string; expected: number; actual: number }>,
  /** `links` is how many names the file has. */
  ERR_DATAWAL_SEGMENT_LINKED: {} as Told<{ path: string; links: number }>,
  ERR_DATAWAL_JOURNAL_DAMAGED: {} as Told<{ path: string }>,
  ERR_DATAWAL_NO_SPACE: {} as Told<{ path: string; bytesNeeded: number }>,
  /** In bytes: what a repair would have to keep of a tail, and what it keeps at most. */
  ERR_DATAWAL_TAIL_TOO_LARGE: {} as Told<{ path: string; bytesNeeded: number; bytesMax: number }>,
  ERR_DATAWAL_POISONED: {} as Told<{ path: string; reason: string }>,
  ERR_DATAWAL_APPEND_FAILED: {} as Told<{ path: string; segment: number }>,
  ERR_DATAWAL_FSYNC_FAILED: {} as Told<{ path: string; segment: number }>,
  ERR_DATAWAL_ROTATE_FAILED: {} as Told<{ path: string; segment: number }>,
  ERR_DATAWAL_DROP_FAILED: {} as Told<{ path: string; segment: number }>,
  /** `recordsAppended` is how many are in the log; `appended` are these, in order, where it was `RecordLog.appendMany`. */
  ERR_DATAWAL_BATCH_FAILED: {} as Told<{ recordsAppended: number; appended: readonly AppendedRecord[] }>,
  ERR_DATAWAL_CLOSED: {} as Told<{ path: string }>,
  ERR_DATAWAL_REENTRANT: {} as Told<{ path: string }>,
  ERR_DATAWAL_SEGMENT_ID_LIMIT: {} as Told<{ path: string; segment: number }>,
  ERR_DATAWAL_TXID_LIMIT: {} as Told<{ path: string }>,
  ERR_DATAWAL_RECORD_UNREADABLE: {} as Told<RecordRef & { path: string; reason: string }>,
  ERR_DATAWAL_READER_STALE: {} as Told<{ path: string }>,
  ERR_DATAWAL_TARGET_EXISTS: {} as Told<{ path: string }>,
};

export type RecordLogErrorFacts = FactsOf<typeof CODES>;

/** Why the bytes at an offset are not a frame. A closed set. */
export type DamageReason =
  /** Nothing but zero bytes where a header would be: usual after a power cut. */
  | "zeros"
  /** The file ends inside a header. */
  | "cut-header"
  /** The file ends inside the frame that a sound header announces. */
  | "cut-body"
  | "crc-mismatch"
  /** The head of a group, of whose records not all are there. */
  | "cut-group"
  /** The head of a group as a newer version may write it. */
  | "unknown-group-version"
  | InvalidReason;

export interface DamageFacts {
  path: string;
  segment: number;
  offset: number;
  reason: DamageReason;
}

export type RecordLogErrorCode = keyof RecordLogErrorFacts;

/** An error of this package with its code and the facts of that code as fields. */
export type RecordLogErrorOf<Code extends RecordLogErrorCode> = CodedErrorOf<RecordLogErrorFacts, Code>;

/** Every error of this package but a caller's mistake. Tell them apart by `code`, with {@link isRecordLogError}. */
export class RecordLogError<Code extends RecordLogErrorCode = RecordLogErrorCode> extends CodedError<
  RecordLogErrorFacts,
  Code
> {
  override readonly name = "RecordLogError";
}

/** Gives a caller's mistake its code and facts. */
export const withCode = codeGiver<RecordLogErrorFacts>();

/**
 * Tells whether an error is one of this package, by its code: two copies of the package agree, which `instanceof`
 * would not. A caller's mistake counts too.
 *
 * @param code When given, only this code counts, and the type narrows to its facts.
 */
export function isRecordLogError<Code extends RecordLogErrorCode = RecordLogErrorCode>(
  error: unknown,
  code?: Code,
): error is RecordLogErrorOf<Code> {
  return hasCode(CODES, error, code);
}

export function closedError(path: string): RecordLogError {
  const message = `${path}: expected an open handle, this one is closed; open the store again`;
  return new RecordLogError("ERR_DATAWAL_CLOSED", message, { path });
}

/** Wraps a port's error, so that what reaches the caller is coded and names a place; passes on everything else. */
export function storeIoError(error: unknown, operation: string, path: string): unknown {
  const errno = errnoOf(error);
  if (errno === undefined) return error;
  const found = "path" in (error as Error) ? String((error as { path?: unknown }).path) : path;
  const message = `datawal: ${operation} ${found} failed: expected it to succeed, the file system said ${errno}${nodeAdvice(error) ?? ADVICE[errno] ?? ""}`;
  return new RecordLogError("ERR_DATAWAL_STORE_IO", message, { path: found, operation, errno }, error);
}

const ADVICE: Readonly<Record<string, string>> = {
  EACCES: "; check who owns the directory and its permissions, or read it with RecordLogReader",
  EPERM:
    "; check who owns the directory and its permissions, and whether this file system has hard links; on Windows, who has a file there open",
  EROFS: "; the file system is read-only: read the store with RecordLogReader",
  ENOSPC: "; free some space and open the store again",
  EDQUOT: "; free some of your quota and open the store again",
  EMFILE: "; close some files or raise the limit of open files (ulimit -n)",
  ENFILE: "; close some files or raise the system's limit of open files",
  ELOOP: "; nothing in a store is opened through a symbolic link: put the file itself there",
  EBUSY: "; something is mounted there: move what it was mounted from; or, on Windows, somebody has it open",
  EXDEV:
    "; both places must be on one file system, and a directory of an overlay's lower layer cannot be renamed: copy it",
  EIO: "; the device reported an error: check it (dmesg), and copy the store to another one",
};
