import type { Crc32c } from "@datawal/format";
import {
  type Files,
  hasOpened,
  isDamageRefusal,
  isIdempotent,
  isLossTold,
  isPrefixWithAcknowledged,
  isRightAnswer,
  isUntouched,
  type OracleRecord,
  OracleViolation,
  type Recovered,
  sameRecord,
} from "@datawal/oracle";
import { RecordLog } from "@datawal/record-log";
import { QUARANTINE_HEADER_LEN } from "@datawal/record-log/internal";
import type { FileSystem } from "@datawal/safeatomic";
import { DataWal, type OpenOptions, type ReadOptions, type RecoveryReport } from "datawal";
import { BrokenDemand } from "../broken-demand.js";
import { type BaseStore, contentOf, filesOf, STORE } from "./base-store.js";
import { type Expectation, expectationOf, mayRefuse } from "./expectation.js";

/** What a canary puts between the product and the disk; nothing in the laboratory. */
export interface PlantedFault {
  wrap?: ((disk: FileSystem) => FileSystem) | undefined;
  crc32c?: Crc32c | undefined;
}

/** The outcome of a damage that the CRC does not promise to catch, and did not. */
export const NOT_CAUGHT = "not caught by the CRC";

/** How a damaged store was taken. */
export interface Outcome {
  kind: "refused" | "opened" | typeof NOT_CAUGHT;
  /** What recovery said. */
  said: string;
}

/** Called with what recovery said, before it is judged. */
export type Tell = (outcome: Outcome) => void;

/** Reading into the same arrays again and again saves half the time of a refusal. */
const buffers = new Map<string, Uint8Array>();

interface Opened {
  first: Recovered & { report: RecoveryReport };
  second: Recovered;
}

/**
 * Opens a damaged store, and asks the oracle: a refusal names the damage and changes nothing; otherwise what comes
 * before the damage is there, all of it and nothing else, `get` answers by it, and a second open finds no damage.
 */
export function judgeDamagedStore(base: BaseStore, files: Files, fault: PlantedFault, tell: Tell): void {
  const disk = base.diskWith(files);
  const fileSystem = fault.wrap?.(disk) ?? disk;
  const options = { fileSystem, crc32c: fault.crc32c };
  const expectation = expectationOf(base, files);
  let db: DataWal;
  try {
    db = DataWal.openSync(STORE, options);
  } catch (error) {
    tell({ kind: "refused", said: String(error) });
    isRightRefusal(expectation, files, error);
    isUntouched(files, filesOf(disk, buffers));
    return;
  }
  const { first, second } = readAndReopen(db, options, base, tell);
  const { records } = expectation;
  isPrefixWithAcknowledged(first.records, records, records.length);
  isLossTold(first, base.records);
  isIdempotent(first, second);
  isKept(expectation, files, first.report, disk);
  isGapTold(files, first.report);
}

function readAndReopen(db: DataWal, options: ReadOptions, base: BaseStore, tell: Tell): Opened {
  const report = db.recoveryReport();
  const first = { records: scanned(db), report };
  tell({ kind: "opened", said: describeReport(report, base.records.length) });
  isRightAnswer(first.records, (key) => db.get(key), { otherKeys: keysBeside(base.records, first.records) });
  db.closeSync();
  return { first, second: replayed(options, first.records) };
}

/**
 * What another open finds.
 *
 * @param before What the first one found: a record that is the same stands for itself, which saves the time of a copy.
 */
function replayed(options: ReadOptions, before: readonly OracleRecord[]): Recovered {
  const records: OracleRecord[] = [];
  const replay: OpenOptions["replay"] = (record) => {
    const same = before[records.length];
    const { type, txid, key, payload } = record;
    const copy = () => ({ type, txid, key: key.slice(), payload: payload.slice() });
    records.push(same && sameRecord(same, record) ? same : copy());
  };
  const log = reopened({ ...options, replay });
  const report = log.recoveryReport();
  log.closeSync();
  return { records, report };
}

function scanned(db: DataWal): OracleRecord[] {
  try {
    return [...db.scan()];
  } catch (error) {
    throw new OracleViolation("7 no wrong answer", `a scan of what was recovered threw ${String(error)}`);
  }
}

function reopened(options: OpenOptions): RecordLog {
  try {
    return RecordLog.openSync(STORE, options);
  } catch (error) {
    throw new OracleViolation("5 idempotent", `the second open refused with ${String(error)}`);
  }
}

/** What a repair cuts off is kept, in one file or several, but for zeros. */
function isKept(
  { damage }: Expectation,
  files: Files,
  { quarantinePath }: RecoveryReport,
  disk: FileSystem,
): void {
  const tail = damage && files[damage.name]!.subarray(damage.offset);
  if (!tail || tail.every((byte) => byte === 0)) return;
  const prefix = damage.name.replace(".dwal", ".cut-");
  const names = disk.list(STORE).map(({ name }) => name);
  const missing = tail.slice();
  for (const name of names.filter((each) => each.startsWith(prefix))) {
    const kept = contentOf(disk, name).subarray(QUARANTINE_HEADER_LEN);
    const at = Number(name.slice(prefix.length)) - damage.offset;
    if (Buffer.compare(kept, tail.subarray(at, at + kept.length)) === 0)
      missing.fill(0, at, at + kept.length);
  }
  if (quarantinePath !== undefined && missing.every((byte) => byte === 0)) return;
  throw new BrokenDemand("what is cut off is kept", `${tail.length} bytes, kept in ${quarantinePath}`);
}

/** A segment that is missing between two others is told as such, whatever its records tell (disk-rules R7). */
function isGapTold(files: Files, { warnings }: RecoveryReport): void {
  const ids = Object.keys(files).map((name) => Number.parseInt(name, 10));
  const isGap = ids.length > 0 && Math.max(...ids) - Math.min(...ids) >= ids.length;
  const isTold = warnings.some(({ kind }) => kind === "missing-segment");
  if (isGap !== isTold) throw new BrokenDemand("a missing segment is told", `${Object.keys(files)}`);
}

/** A sealed segment may be refused where it is damaged, the active one for the two reasons of disk-rules R6. */
function isRightRefusal({ damage }: Expectation, files: Files, error: unknown): void {
  if (!damage || !mayRefuse(damage, files)) {
    hasOpened(error);
    return;
  }
  isDamageRefusal(error);
  const { path, offset } = error as { path?: string; offset?: number };
  if (path !== `${STORE}/${damage.name}` || offset !== damage.offset)
    throw new OracleViolation(
      "4 opens",
      `the damage is at ${damage.offset} of ${damage.name}: ${String(error)}`,
    );
}

/** Keys that none of these records has, but others have. */
function keysBeside(all: readonly OracleRecord[], records: readonly OracleRecord[]): Uint8Array[] {
  const name = (key: Uint8Array) => Buffer.from(key).toString("latin1");
  const beside = new Map(all.map(({ key }) => [name(key), key]));
  for (const { type, key } of records) if (type !== 0) beside.delete(name(key));
  return [...beside.values()];
}

function describeReport(report: RecoveryReport, recordCount: number): string {
  const { recordsReplayed, damageSegment, damageOffset, damageReason, warnings } = report;
  const damage =
    damageReason === undefined
      ? "no damage"
      : `${damageReason} at offset ${damageOffset} of segment ${damageSegment}`;
  const kinds = warnings.map(({ kind }) => kind).join(", ");
  return `opened with ${recordsReplayed} of ${recordCount} records, ${damage}${kinds && `; warnings: ${kinds}`}`;
}
