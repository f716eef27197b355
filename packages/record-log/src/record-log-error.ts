import type { AppendedRecord } from "./log-record.js";
import type { DamageReason } from "./recovery/classify.js";

/** From each code of this package to the facts that its errors carry. docs/errors.md says what to do about each. */
export interface RecordLogErrorFacts {
  /** A port call failed outside the writer's own protocols; `cause` is the port's error. */
  ERR_DATAWAL_STORE_IO: { path: string; operation: string; errno: string };
  ERR_DATAWAL_STORE_NOT_FOUND: { path: string };
  ERR_DATAWAL_STORE_NOT_A_DIRECTORY: { path: string };
  ERR_DATAWAL_SWAP_UNFINISHED: { path: string; oldPath: string };
  ERR_DATAWAL_LOCKED: { path: string; owner: string; heldByThisProcess: boolean };
  ERR_DATAWAL_REPLACED: { path: string };
  ERR_DATAWAL_SEGMENT_NOT_A_FILE: { path: string; actual: string };
  ERR_DATAWAL_SEGMENT_DAMAGED: DamageFacts;
  ERR_DATAWAL_NOT_A_SEGMENT: DamageFacts;
  ERR_DATAWAL_FRAME_UNSUPPORTED: DamageFacts;
  ERR_DATAWAL_STRICT_RECOVERY: { path: string; objections: string[] };
  ERR_DATAWAL_SEGMENT_CHANGED: { path: string; expected: number; actual: number };
  ERR_DATAWAL_JOURNAL_DAMAGED: { path: string };
  ERR_DATAWAL_NO_SPACE: { path: string; bytesNeeded: number };
  ERR_DATAWAL_POISONED: { path: string; reason: string };
  ERR_DATAWAL_APPEND_FAILED: { path: string; segment: number };
  ERR_DATAWAL_FSYNC_FAILED: { path: string; segment: number };
  ERR_DATAWAL_ROTATE_FAILED: { path: string; segment: number };
  ERR_DATAWAL_DROP_FAILED: { path: string; segment: number };
  /** `appended` are the records that are in the log, in order; `recordsAppended` is their number. */
  ERR_DATAWAL_BATCH_FAILED: { recordsAppended: number; appended: readonly AppendedRecord[] };
  ERR_DATAWAL_CLOSED: { path: string };
  ERR_DATAWAL_REENTRANT: { path: string };
  ERR_DATAWAL_SEGMENT_ID_LIMIT: { path: string; segment: number };
  ERR_DATAWAL_TXID_LIMIT: { path: string };
  ERR_DATAWAL_RECORD_UNREADABLE: {
    path: string;
    segment: number;
    offset: number;
    len: number;
    reason: string;
  };
  ERR_DATAWAL_READER_STALE: { path: string };
  ERR_DATAWAL_TARGET_EXISTS: { path: string };
}

export interface DamageFacts {
  path: string;
  segment: number;
  offset: number;
  reason: DamageReason;
}

export type RecordLogErrorCode = keyof RecordLogErrorFacts;

/** Every error of this package. Tell them apart by `code`, never by `instanceof`: two copies may be loaded. */
export class RecordLogError<Code extends RecordLogErrorCode = RecordLogErrorCode> extends Error {
  override readonly name = "RecordLogError";
  readonly code: Code;

  constructor(code: Code, message: string, facts: RecordLogErrorFacts[Code], cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    Object.assign(this, facts);
  }
}

/** Whether `error` is one of this package's errors, and of this code where one is given. Narrows to its facts. */
export function isRecordLogError<Code extends RecordLogErrorCode = RecordLogErrorCode>(
  error: unknown,
  code?: Code,
): error is RecordLogError<Code> & RecordLogErrorFacts[Code] {
  if (!(error instanceof Error) || error.name !== "RecordLogError" || !("code" in error)) return false;
  return code === undefined || error.code === code;
}

/** The codes of mistakes in a call, thrown as a plain `TypeError` or `RangeError` that carries the code. */
export type RecordLogMistakeCode =
  | "ERR_DATAWAL_BAD_OPTION"
  | "ERR_DATAWAL_BAD_RECORD"
  | "ERR_DATAWAL_BAD_REF";

export function typeMistake(code: RecordLogMistakeCode, message: string): TypeError & { code: string } {
  return Object.assign(new TypeError(message), { code });
}

export function rangeMistake(code: RecordLogMistakeCode, message: string): RangeError & { code: string } {
  return Object.assign(new RangeError(message), { code });
}

/** The errno of a failed port call (`ENOSPC`, `EIO`, ...), or `undefined` for any other error. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  return /^E[A-Z0-9]+$/.test(error.code) ? error.code : undefined;
}

/** Wraps a port's error, so that what reaches the caller is coded and names a place; passes on everything else. */
export function storeIoError(error: unknown, operation: string, path: string): unknown {
  const errno = errnoOf(error);
  if (errno === undefined) return error;
  const found = "path" in (error as Error) ? String((error as { path?: unknown }).path) : path;
  const message = `datawal: ${operation} ${found} failed: expected it to succeed, the file system said ${errno}${ADVICE[errno] ?? ""}`;
  return new RecordLogError("ERR_DATAWAL_STORE_IO", message, { path: found, operation, errno }, error);
}

const ADVICE: Readonly<Record<string, string>> = {
  EACCES: "; check who owns the directory and its permissions, or read it with RecordLogReader",
  EPERM: "; check who owns the directory and its permissions",
  EROFS: "; the file system is read-only: read the store with RecordLogReader",
  ENOSPC: "; free some space and open the store again",
  EDQUOT: "; free some of your quota and open the store again",
  EMFILE: "; close some files or raise the limit of open files (ulimit -n)",
  ENFILE: "; close some files or raise the system's limit of open files",
  ELOOP: "; nothing in a store is opened through a symbolic link: put the file itself there",
  EIO: "; the device reported an error: check it (dmesg), and copy the store to another one",
};
