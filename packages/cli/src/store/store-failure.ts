import { describeReason, isRecordLogError, type RecordLogErrorFacts } from "@datawal/record-log";
import { errnoOf } from "@datawal/safeatomic/internal";
import { isDataWalError } from "datawal";
import { ExitCode } from "../exit-code.js";
import { Failure } from "../failure.js";
import { shellWord } from "../render/shell-word.js";
import { suggestStores } from "./nearby-stores.js";

/**
 * Tells what went wrong with a store: the libraries' messages advise programs, these advise people at a shell.
 *
 * @param store The store as it was named on the command line.
 */
export function storeFailure(error: unknown, store: string): unknown {
  if (isRecordLogError(error, "ERR_DATAWAL_STORE_NOT_FOUND"))
    return noStore(store, "nothing", { cause: error });
  if (isRecordLogError(error, "ERR_DATAWAL_STORE_NOT_A_DIRECTORY")) {
    return noStore(store, "something that is no directory", { cause: error });
  }
  if (isRecordLogError(error, "ERR_DATAWAL_LOCKED")) return locked(store, error, error);
  if (isRecordLogError(error, "ERR_DATAWAL_SWAP_UNFINISHED"))
    return swapUnfinished(store, error.oldPath, error);
  if (isRecordLogError(error, "ERR_DATAWAL_STORE_IO")) {
    const { path, errno } = error;
    return ioFailed(`${path}: expected to read or write it`, errno, error);
  }
  if (isRecordLogError(error, "ERR_DATAWAL_READER_STALE")) return storeChanged(store, error);
  for (const code of DAMAGE_CODES) {
    if (isRecordLogError(error, code)) return damaged(store, error, error);
  }
  for (const code of CHANGE_CODES) {
    if (isRecordLogError(error, code)) return changeFailed(error.path, error);
  }
  if (
    isDataWalError(error, "ERR_DATAWAL_RECORD_MISMATCH") ||
    isRecordLogError(error, "ERR_DATAWAL_RECORD_UNREADABLE")
  ) {
    return new Failure(`${error.message}; ${seeRepair(store)}`, ExitCode.corruption, error);
  }
  return error;
}

/** @param advice what to do, beside looking at the stores near it. */
export function noStore(
  store: string,
  found: string,
  { cause, advice }: { cause?: unknown; advice?: string | undefined } = {},
): Failure {
  const expected = "expected a store (a directory with segments such as 00000001.dwal)";
  const next = advice === undefined ? suggestStores(store) : `${suggestStores(store)}; ${advice}`;
  return new Failure(`${store}: ${expected}, found ${found}; ${next}`, ExitCode.cannotProceed, cause);
}

/** What was read is no longer there. */
export function storeChanged(store: string, cause?: unknown): Failure {
  const message = `${store}: expected the store that was read, found it repaired, replaced or dropped from meanwhile; run the command again`;
  return new Failure(message, ExitCode.cannotProceed, cause);
}

/** The command that shows more. */
export function seeVerify(store: string): string {
  return `to see all that is wrong: datawal verify ${shellWord(store)}`;
}

/** As {@link seeVerify}, and the command that saves what can be read. */
export function seeRepair(store: string): string {
  return `${seeVerify(store)}; to save what can be read: datawal repair ${shellWord(store)} --to NEW`;
}

const DAMAGE_CODES = [
  "ERR_DATAWAL_SEGMENT_DAMAGED",
  "ERR_DATAWAL_NOT_A_SEGMENT",
  "ERR_DATAWAL_FRAME_UNSUPPORTED",
] as const;

type DamageFacts = RecordLogErrorFacts[(typeof DAMAGE_CODES)[number]];

function damaged(store: string, { path, offset, reason }: DamageFacts, cause: unknown): Failure {
  const found = `${path}: expected a frame at offset ${offset}, found ${describeReason(reason)}`;
  return new Failure(`${found}; ${seeRepair(store)}`, ExitCode.corruption, cause);
}

type LockedFacts = RecordLogErrorFacts["ERR_DATAWAL_LOCKED"];

function locked(store: string, { owner, isHolderKnown }: LockedFacts, cause: unknown): Failure {
  const named = owner === "" ? "" : ` (.lock names ${JSON.stringify(owner)})`;
  const holder = isHolderKnown ? `process ${owner}` : `another program${named}`;
  return new Failure(
    `${store}: expected that nobody writes to it, found it locked by ${holder}; let that end, or only read; to look again: datawal locks ${shellWord(store)}`,
    ExitCode.cannotProceed,
    cause,
  );
}

function swapUnfinished(store: string, oldPath: string, cause: unknown): Failure {
  return new Failure(
    `${store}: expected a store, found only ${oldPath}, left by a swap that was interrupted; to finish it: datawal swap ${shellWord(store)} REPLACEMENT; to take it back: mv ${shellWord(oldPath)} ${shellWord(store)}`,
    ExitCode.cannotProceed,
    cause,
  );
}

const CHANGE_CODES = [
  "ERR_DATAWAL_APPEND_FAILED",
  "ERR_DATAWAL_FSYNC_FAILED",
  "ERR_DATAWAL_ROTATE_FAILED",
  "ERR_DATAWAL_DROP_FAILED",
] as const;

function changeFailed(path: string, error: Error): Error {
  const errno = errnoBehind(error);
  return errno === undefined
    ? error
    : ioFailed(`${path}: expected to change it`, errno, error, "what was durable before is kept; ");
}

/** What the file system said at the end of a chain of causes. */
function errnoBehind(error: unknown): string | undefined {
  const { cause } = (error ?? {}) as Partial<Error>;
  return cause === undefined ? undefined : (errnoOf(cause) ?? errnoBehind(cause));
}

function ioFailed(expected: string, errno: string, cause: unknown, kept = ""): Failure {
  const advice = IO_ADVICE[errno] ?? "run it again with --verbose to see the call that failed";
  return new Failure(
    `${expected}, the file system said ${errno}; ${kept}${advice}`,
    ExitCode.cannotProceed,
    cause,
  );
}

const IO_ADVICE: Readonly<Record<string, string>> = {
  EACCES: "check its owner and permissions: ls -ld",
  EPERM: "check its owner and permissions: ls -ld; and whether this file system has hard links",
  EROFS: "this file system is read-only: name a place on another one",
  ENOSPC: "free some space: df -h",
  EDQUOT: "free some of your quota",
  ELOOP: "nothing in a store is opened through a symbolic link: put the file itself there",
  EIO: "the device reported an error: look at dmesg, and copy the store to another device",
};
