import { readdirSync } from "node:fs";
import { RecordType } from "@datawal/format";
import {
  hasOpened,
  hasPairsOf,
  isDurable,
  isIdempotent,
  isNothingFabricated,
  isPrefix,
  isRightAnswer,
  isWithoutLeak,
  type OracleRecord,
  OracleViolation,
  type Recovered,
} from "@datawal/oracle";
import { RecordLog } from "@datawal/record-log";
import { DataWal } from "datawal";
import { plannedRecords } from "./planned-records.js";
import { describeTestimony } from "./testimony.js";
import type { Aftermath, Workload } from "./workload.js";

/** What is known of a case when its child is dead: what was recovered is found out here. */
export type Scene = Omit<Aftermath, "records">;

/**
 * Opens the store of a dead child, and asks the oracle. Neither a kill nor an injected error takes anything from the
 * kernel: what was handed to it and returned must be there, synced or not.
 *
 * @param tell Called with each line of the story.
 * @throws OracleViolation
 */
export function judgeStore(scene: Scene, workload: Workload, tell: (line: string) => void): void {
  try {
    judge(scene, workload, tell);
  } catch (error) {
    // A legal crash must make nothing fail: neither an open nor what is asked of an open store.
    if (!(error instanceof OracleViolation) && error instanceof Error && "code" in error) hasOpened(error);
    throw error;
  }
}

function judge(scene: Scene, workload: Workload, tell: (line: string) => void): void {
  const { place, seed, testimony, prepared } = scene;
  tell(`child: ${describeTestimony(testimony)}`);
  const appended = plannedRecords(workload.plan, seed, testimony.handed);
  const first = recover(place.store);
  tell(`found: ${first.records.length} records, ${describeTail(first)}`);
  if (workload.isCompacted) hasPairsOf(first.records, appended, testimony.returned);
  else {
    isPrefix(first.records, appended);
    isDurable(first.records, testimony.returned);
  }
  const second = recover(place.store);
  isIdempotent(first, second);
  answersRight(place.store, second.records);
  workload.inspect?.({ ...scene, records: first.records });
  const third = goesOn(place.store, first.records);
  if (!workload.isCompacted) isNothingFabricated(third, [...appended, third.at(-1)!], prepared.discarded);
  isWithoutLeak({ openFileCount: 0, heldLockCount: 0, names: readdirSync(place.store) });
}

/** One open for writing. */
function recover(store: string): Recovered {
  using log = RecordLog.openSync(store);
  const records = [...log.scan()].map(({ type, txid, key, payload }) => ({ type, txid, key, payload }));
  return { records, report: log.recoveryReport() };
}

/** Appends one more record, syncs, opens again; returns what is there then: the same and that one. */
function goesOn(store: string, before: readonly OracleRecord[]): readonly OracleRecord[] {
  const added = Buffer.from("appended by the laboratory");
  {
    using log = RecordLog.openSync(store);
    log.append(added);
    log.fsyncSync();
  }
  const { records } = recover(store);
  const txid = (before.at(-1)?.txid ?? 0n) + 1n;
  isPrefix(records, [...before, { type: RecordType.Raw, txid, key: new Uint8Array(0), payload: added }]);
  isDurable(records, before.length + 1);
  return records;
}

function answersRight(store: string, records: readonly OracleRecord[]): void {
  using opened = DataWal.openSync(store);
  isRightAnswer(records, (key) => opened.get(key));
}

function describeTail({ report }: Recovered): string {
  if (report.tailTruncated === 0) return "a clean end";
  return `a damaged tail of ${report.tailBytesDiscarded} bytes (${report.damageReason})`;
}
