import { join } from "node:path";
import {
  areGroupsWhole,
  hasOpened,
  isCompacted,
  isDurable,
  isIdempotent,
  isNothingFabricated,
  isPrefix,
  isRightAnswer,
  isWithoutGaps,
  type OracleRecord,
  OracleViolation,
} from "@datawal/oracle";
import type { SimulatedDisk } from "@datawal/safeatomic/testing";
import {
  DataWal,
  DataWalReader,
  isRecordLogError,
  RecordType,
  type RecoveryReport,
  verifyLogSync,
} from "datawal";
import type { History } from "./history.js";
import { STORE } from "./store-path.js";

/** What one open for writing showed. */
export interface Recovery {
  records: OracleRecord[];
  report: RecoveryReport;
  /** Whether the key directory came from a checkpoint. */
  isByCheckpoint: boolean;
}

/**
 * Opens the store as the next process would, and asks the oracle about it against what was done to it.
 *
 * @param isSampled Whether the store is opened a second time even if the first open found nothing to do.
 * @returns What the open showed; nothing where it refused as it may: in the middle of a swap, or by R6.
 * @throws OracleViolation
 */
export function judgeStore(
  disk: SimulatedDisk,
  histories: readonly History[],
  isSwapping: boolean,
  isSampled = true,
): Recovery | undefined {
  if (histories.length === 1) judgeReader(disk, histories[0]!);
  const first = openAndRead(disk, isSwapping);
  if (!first) return undefined;
  judgeRecords(first.records, histories);
  const { damageReason, warnings } = first.report;
  if (damageReason !== undefined || warnings.length > 0 || isSampled)
    isIdempotent(first, openAndRead(disk, false)!);
  if (isSampled && histories.some(({ mayLack }) => mayLack.size > 0)) judgeHoles(disk);
  return first;
}

/** Whoever reads in the middle of a repair behind a compaction: what was moved must not be away for a moment. */
function judgeReader(disk: SimulatedDisk, { appended, mayLack }: History): void {
  const isRepairing = () => disk.list(STORE).some(({ name }) => name.endsWith(".tail"));
  if (mayLack.size === 0 || !disk.stat(STORE) || !isRepairing()) return;
  using reader = DataWalReader.openSync(STORE, { fileSystem: disk });
  const records = [...reader.scan()].map(({ type, txid, key, payload }) => ({ type, txid, key, payload }));
  isCompacted(records, appended, mayLack);
}

/** Behind an open no marker names what is there: what a hand takes away then is told. */
function judgeHoles(disk: SimulatedDisk): void {
  const names = disk.list(STORE).flatMap(({ name }) => (name.endsWith(".dwal") ? [name] : []));
  const [, taken] = names;
  if (taken === undefined || names.length < 3) return;
  disk.removeFile(join(STORE, taken));
  const { warnings } = verifyLogSync(STORE, { fileSystem: disk }).report;
  if (warnings.some(({ kind }) => kind === "missing-segment")) return;
  throw new OracleViolation("9 compaction", `${taken} was taken by hand, and nobody tells it`);
}

function openAndRead(disk: SimulatedDisk, isSwapping: boolean): Recovery | undefined {
  const wal = open(disk, isSwapping);
  if (!wal) return undefined;
  const records: OracleRecord[] = [];
  for (const { type, txid, key, payload } of wal.scan()) records.push({ type, txid, key, payload });
  isRightAnswer(records, (key) => wal.get(key));
  const report = wal.recoveryReport();
  isWithoutGaps(report);
  const isByCheckpoint = wal.stats().checkpoint === "believed";
  if (isByCheckpoint) isAsRead(records, wal);
  wal.closeSync();
  return { records, report, isByCheckpoint };
}

/** What a checkpoint tells beyond what the keys of the log are asked: no other key, and as many records. */
function isAsRead(records: readonly OracleRecord[], wal: DataWal): void {
  const keys = new Set<string>();
  for (const { type, key } of records) {
    if (type === RecordType.Put) keys.add(`${key}`);
    if (type === RecordType.Delete) keys.delete(`${key}`);
  }
  const { recordsReplayed, lastTxidSeen } = wal.recoveryReport();
  const last = records.at(-1)?.txid ?? 0n;
  if (wal.size === keys.size && recordsReplayed === records.length && lastTxidSeen === last) return;
  const facts = `${wal.size} keys, ${recordsReplayed} records, the last ${lastTxidSeen}; the log has ${keys.size}, ${records.length}, ${last}`;
  throw new OracleViolation("7 no wrong answer", `a checkpoint was believed that tells of ${facts}`);
}

function open(disk: SimulatedDisk, isSwapping: boolean): DataWal | undefined {
  try {
    return DataWal.openSync(STORE, { fileSystem: disk });
  } catch (error) {
    if (isSwapping && isRecordLogError(error, "ERR_DATAWAL_SWAP_UNFINISHED")) return undefined;
    if (isNotASegment(error) && hasOneSegment(disk)) return undefined;
    if (error instanceof OracleViolation) throw error;
    hasOpened(error);
    throw error;
  }
}

/** R6: stale bytes at the very start of a lone segment look like a file that was never one. */
function isNotASegment(error: unknown): boolean {
  return isRecordLogError(error, "ERR_DATAWAL_NOT_A_SEGMENT");
}

function hasOneSegment(disk: SimulatedDisk): boolean {
  return disk.list(STORE).filter(({ name }) => name.endsWith(".dwal")).length === 1;
}

/** A store that is being put in the place of another has the records of either. */
export function judgeRecords(records: readonly OracleRecord[], histories: readonly History[]): void {
  const [first, ...others] = histories;
  try {
    judgeHistory(records, first!);
  } catch (error) {
    if (others.length === 0) throw error;
    judgeRecords(records, others);
  }
}

function judgeHistory(records: readonly OracleRecord[], history: History): void {
  const { appended, acknowledged, discarded, droppedCounts, mayLack } = history;
  areGroupsWhole(records);
  if (mayLack.size > 0) {
    const newest = records.at(-1)?.txid ?? 0n;
    isDurable(
      appended.filter(({ txid }) => txid <= newest),
      acknowledged,
    );
    isCompacted(records, appended, mayLack);
    isNothingFabricated(records, appended, discarded);
    return;
  }
  const begin = records[0] ? history.countThrough(records[0].txid) - 1 : 0;
  // Where the head was dropped the log begins with the first record of a later segment.
  const dropped = droppedCounts.includes(begin) ? begin : Math.min(...droppedCounts);
  isPrefix(records, appended.slice(dropped));
  isDurable(records, acknowledged - dropped);
  isNothingFabricated(records, appended, discarded);
}
