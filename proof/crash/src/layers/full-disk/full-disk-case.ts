import { readdirSync } from "node:fs";
import { join } from "node:path";
import {
  hasOpened,
  isPrefixWithAcknowledged,
  isTypedRefusal,
  type OracleRecord,
  OracleViolation,
} from "@datawal/oracle";
import { RecordLog } from "@datawal/record-log";
import { type FileSystem, nodeFileSystem } from "@datawal/safeatomic";
import { errnoOf } from "@datawal/safeatomic/internal";
import { RecordType } from "datawal";
import { groupRecords } from "../../laboratory/group-records.js";
import { type Expectation, judge, openFilesBelow } from "../power-cut/judge.js";
import type { FullDisk } from "./full-disk.js";

/** What is written before and while the disk is full. */
export interface FullDiskPlan {
  segmentBytesMax: number;
  /** Bytes of the payloads, of records that are durable before the disk is full. */
  before: readonly number[];
  /** Of those appended then, each or all by one call, until one is refused. */
  during: readonly number[];
  form: "append" | "appendMany" | "appendGroup";
  /** Whether the store is opened once more before there is room again. */
  staysFull: boolean;
}

/**
 * Writes until the disk is full, then looks at what is left, first without room if that is the plan, then with.
 *
 * @param fileSystem What it is written through; the real disk when absent.
 * @returns how it was refused, and what opening on the disk that was still full came to.
 * @throws OracleViolation
 */
export async function writeToFullDisk(
  disk: FullDisk,
  plan: FullDiskPlan,
  fileSystem: FileSystem = nodeFileSystem,
): Promise<string> {
  const store = join(disk.directory, "store");
  const expected = new FullDiskExpectation();
  const refusedWith = await writeUntilFull(disk, plan, { store, fileSystem }, expected);
  isWithoutOpenFiles(store);
  const opened = plan.staysFull ? openWhenFull(disk, store, expected) : "opened when there was room";
  await disk.makeRoom();
  judge(store, "raw", expected);
  goOn(store, expected);
  return `${refusedWith ?? "nothing refused"}, ${opened}`;
}

async function writeUntilFull(
  disk: FullDisk,
  plan: FullDiskPlan,
  { store, fileSystem }: { store: string; fileSystem: FileSystem },
  expected: FullDiskExpectation,
): Promise<string | undefined> {
  using log = RecordLog.openSync(store, { segmentBytesMax: plan.segmentBytesMax, fileSystem });
  for (const byteCount of plan.before) appendOne(log, byteCount, expected);
  sync(log, expected);
  await disk.fill();
  try {
    if (plan.form === "appendMany") appendAll(log, plan.during, expected);
    else if (plan.form === "appendGroup") appendGroup(log, plan.during, expected);
    else for (const byteCount of plan.during) appendOne(log, byteCount, expected);
    sync(log, expected);
    return undefined;
  } catch (error) {
    checkRefusal(log, disk, expected.countThrough(log.lastTxid), error);
    return (error as { code: string }).code;
  }
}

/** Every second record is synced at once. */
function appendOne(log: RecordLog, byteCount: number, expected: FullDiskExpectation): void {
  const payload = payloadOf(byteCount, log.lastTxid + 1n);
  log.append(payload);
  expected.add(payload, log.lastTxid);
  if (log.lastTxid % 2n === 0n) sync(log, expected);
}

function appendAll(log: RecordLog, byteCounts: readonly number[], expected: FullDiskExpectation): void {
  const first = log.lastTxid + 1n;
  const payloads = byteCounts.map((byteCount, index) => payloadOf(byteCount, first + BigInt(index)));
  // A batch that failed may be there in part.
  for (const [index, payload] of payloads.entries()) expected.add(payload, first + BigInt(index));
  log.appendMany(payloads);
}

/** Of a group that failed nothing is there. */
function appendGroup(log: RecordLog, byteCounts: readonly number[], expected: FullDiskExpectation): void {
  const first = log.lastTxid + 1n;
  const payloads = byteCounts.map((byteCount, index) => payloadOf(byteCount, first + BigInt(index)));
  const records = payloads.map((payload) => ({ type: RecordType.Raw, key: new Uint8Array(0), payload }));
  log.appendGroup(payloads);
  for (const record of groupRecords(first, records)) expected.addRecord(record);
}

function sync(log: RecordLog, expected: FullDiskExpectation): void {
  log.fsyncSync();
  expected.acknowledged = expected.countThrough(log.lastTxid);
}

/** The caller is told why, the handle takes nothing more, and what was written can still be read. */
function checkRefusal(log: RecordLog, { errnos }: FullDisk, written: number, error: unknown): void {
  isTypedRefusal(error);
  const told = causesOf(error).map(errnoOf);
  if (!told.some((errno) => errno !== undefined && errnos.includes(errno)))
    throw new OracleViolation("4 opens", `refused with ${error}, which does not say ${errnos} but ${told}`);
  const count = countReadable(log);
  if (count !== written)
    throw new OracleViolation("7 no wrong answer", `${count} of ${written} records can be read`);
  if (!log.isPoisoned || !isRefused(() => log.append("more")))
    throw new OracleViolation("1 durable", "a handle goes on writing after a failed write");
}

function countReadable(log: RecordLog): number {
  try {
    return [...log.scan()].length;
  } catch (error) {
    throw new OracleViolation("7 no wrong answer", `records that were appended cannot be read: ${error}`);
  }
}

function causesOf(error: unknown): unknown[] {
  return error instanceof Error ? [error, ...causesOf(error.cause)] : [];
}

function isRefused(write: () => unknown): boolean {
  try {
    write();
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ERR_DATAWAL_POISONED";
  }
}

function openWhenFull({ refusals }: FullDisk, store: string, expected: FullDiskExpectation): string {
  try {
    using log = RecordLog.openSync(store);
    expected.recovered(foundIn(log, expected));
    return "opened when still full";
  } catch (error) {
    if (error instanceof OracleViolation) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (!refusals.includes(code)) hasOpened(error);
    return `opening refused with ${code}`;
  } finally {
    isWithoutOpenFiles(store);
  }
}

function foundIn(log: RecordLog, expected: FullDiskExpectation): OracleRecord[] {
  const records = [...log.scan()];
  isPrefixWithAcknowledged(records, expected.appended(records.length), expected.acknowledged);
  return records;
}

/** With room again a store is as good as any. */
function goOn(store: string, expected: FullDiskExpectation): void {
  {
    using log = RecordLog.openSync(store);
    appendOne(log, 100, expected);
    sync(log, expected);
  }
  judge(store, "raw", expected);
}

function isWithoutOpenFiles(store: string): void {
  const count = openFilesBelow(store);
  if (count > 0) throw new OracleViolation("8 no leak", `${count} files are open in ${readdirSync(store)}`);
}

/** No two are alike, and none is zero at its end. */
function payloadOf(byteCount: number, txid: bigint): Uint8Array {
  return new Uint8Array(byteCount).map((_, index) => 1 + ((index * 7 + Number(txid) * 31) % 255));
}

class FullDiskExpectation implements Expectation {
  acknowledged = 0;
  readonly discarded: OracleRecord[] = [];
  #appended: OracleRecord[] = [];

  add(payload: Uint8Array, txid: bigint): void {
    this.addRecord({ type: RecordType.Raw, txid, key: new Uint8Array(0), payload });
  }

  addRecord(record: OracleRecord): void {
    this.#appended.push(record);
  }

  /** How many records there are up to this txid. */
  countThrough(txid: bigint): number {
    return this.#appended.filter((record) => record.txid <= txid).length;
  }

  appended(count: number): OracleRecord[] {
    return this.#appended.slice(0, count);
  }

  recovered(records: readonly OracleRecord[]): void {
    this.#appended = records.map(({ type, txid, key, payload }) => ({ type, txid, key, payload }));
    this.acknowledged = records.length;
  }
}
