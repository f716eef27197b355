import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import {
  areGroupsWhole,
  type Files,
  hasOpened,
  hasPairsOf,
  isIdempotent,
  isNothingFabricated,
  isPrefixWithAcknowledged,
  isRightAnswer,
  isUntouched,
  isWithoutGaps,
  isWithoutLeak,
  type OracleRecord,
  OracleViolation,
  type Recovered,
} from "@datawal/oracle";
import { type LogVerification, RecordLog, type RecoveryReport, verifyLogSync } from "@datawal/record-log";
import { DataWal } from "datawal";
import type { Contents } from "./writer/record-stream.js";

/** What a reader finds of a store after a power cut, and that it changes nothing. */
export function inspect(store: string): LogVerification {
  const before = readFiles(store);
  const verification = verifyLogSync(store);
  isUntouched(before, readFiles(store));
  return verification;
}

/** What a store must hold. */
export interface Expectation {
  /** Records that must be there. */
  readonly acknowledged: number;
  /** Whether it was compacted in place: then the pairs are told, and not the records. */
  readonly isCompacted?: boolean;
  /** Whether so many changes of a compacted store end in the middle of a group: then it can be in no such state. */
  isWithinGroup?(count: number): boolean;
  /** Records that an open has reported as gone. */
  readonly discarded: readonly OracleRecord[];
  /** The first records ever appended, as far as they are still meant to be there. */
  appended(count: number): OracleRecord[];
  /** Takes down that an open has found these: they are durable, and the others gone. */
  recovered(records: readonly OracleRecord[]): void;
}

/**
 * Opens a store as its owner would after the power came back, and asks the oracle.
 *
 * @returns what the first open reported.
 * @throws OracleViolation
 */
export function judge(store: string, contents: Contents, expected: Expectation): RecoveryReport {
  const first = open(store, contents);
  const { acknowledged, isCompacted } = expected;
  if (isCompacted) {
    const changes = expected.appended(Number.POSITIVE_INFINITY);
    hasPairsOf(first.records, changes, acknowledged, (count) => expected.isWithinGroup?.(count) ?? false);
    areGroupsWhole(first.records);
    isWithoutGaps(first.report);
  } else isPrefixWithAcknowledged(first.records, expected.appended(first.records.length), acknowledged);
  if (contents !== "raw") areGroupsWhole(first.records);
  isNothingBack(first.records, expected.discarded);
  isIdempotent(first, open(store, contents));
  expected.recovered(first.records);
  return first.report;
}

/** A discarded record that is back has its own txid: only those are compared, since stores may be long. */
function isNothingBack(records: readonly OracleRecord[], discarded: readonly OracleRecord[]): void {
  const txids = new Set(discarded.map(({ txid }) => txid));
  const suspects = records.filter(({ txid }) => txids.has(txid));
  isNothingFabricated(suspects, suspects, discarded);
}

interface Opened extends Recovered {
  report: RecoveryReport;
}

function open(store: string, contents: Contents): Opened {
  let opened: Opened;
  try {
    opened = contents === "raw" ? openLog(store) : openPairs(store);
  } catch (error) {
    if (!(error instanceof OracleViolation)) hasOpened(error);
    throw error;
  }
  isWithoutLeak({ openFileCount: openFilesBelow(store), heldLockCount: 0, names: readdirSync(store) });
  return opened;
}

function openLog(store: string): Opened {
  using log = RecordLog.openSync(store);
  return { records: [...log.scan()].map(copyOf), report: log.recoveryReport() };
}

function openPairs(store: string): Opened {
  using db = DataWal.openSync(store);
  const records = [...db.scan()].map(copyOf);
  isRightAnswer(records, (key) => db.get(key));
  return { records, report: db.recoveryReport() };
}

/** A record of a scan keeps its whole chunk. */
function copyOf({ type, txid, key, payload }: OracleRecord): OracleRecord {
  return { type, txid, key: key.slice(), payload: payload.slice() };
}

/** How many descriptors of this process lead to files below a directory. */
export function openFilesBelow(directory: string): number {
  return readdirSync("/proc/self/fd").filter((name) => targetOf(name).startsWith(`${directory}/`)).length;
}

/** Empty for the descriptor that listed the others, which is closed by now. */
function targetOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return "";
  }
}

/** Every file of a directory that has no other directories; none where there is no such directory. */
export function readFiles(directory: string): Files {
  if (!existsSync(directory)) return {};
  return Object.fromEntries(
    readdirSync(directory)
      .sort()
      .map((name) => [name, readFileSync(join(directory, name))]),
  );
}
