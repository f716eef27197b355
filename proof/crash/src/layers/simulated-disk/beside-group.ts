import { join } from "node:path";
import { decodeNext, encodeRecord, RecordType } from "@datawal/format";
import { areGroupsWhole, isDurable, isPrefix, type OracleRecord, OracleViolation } from "@datawal/oracle";
import { appendFully, useFile } from "@datawal/safeatomic/internal";
import type { CrashImage, SimulatedDisk } from "@datawal/safeatomic/testing";
import { RecordLog, RecordLogReader, salvageToSync } from "datawal";
import type { Recovery } from "./judge.js";
import { readFile } from "./read-file.js";
import { STORE } from "./store-path.js";

/**
 * What others make of a log that ends within a group than the writer who opens it next: a reader, the reference, which
 * goes on behind the part and acknowledges, and salvage.
 *
 * @throws OracleViolation
 */
export function judgeBesideGroup(image: CrashImage, { records, report }: Recovery): void {
  if (report.damageReason !== "cut-group") return;
  if (image.hash % REFERENCES === 0) judgeBehindReference(image.mount());
  if (image.hash % READERS === 0) judgeReader(image.mount(), records);
  if (image.hash % SALVAGES === 0) judgeSalvage(image.mount());
}

/** Of so many images one: a reader waits whether a tail is in flight. */
const READERS = 31;
const SALVAGES = 13;
const REFERENCES = 7;

function judgeReader(disk: SimulatedDisk, recovered: readonly OracleRecord[]): void {
  // A journal holds what a reader cannot see.
  if (hasJournal(disk)) return;
  const reader = RecordLogReader.openSync(STORE, { fileSystem: disk });
  const seen = [...reader.scan()];
  areGroupsWhole(seen);
  isPrefix(seen, recovered);
  reader.closeSync();
}

/** All that the reference shows, and what it appends behind it, is there: its frames, and the part of ours before them. */
function judgeBehindReference(disk: SimulatedDisk): void {
  const names = disk.list(STORE).flatMap(({ name }) => (name.endsWith(".dwal") ? [name] : []));
  const last = join(STORE, names.at(-1)!);
  const segments = names.map((name) => framesIn(readFile(disk, join(STORE, name))));
  // Beside a journal it appends what goes behind that.
  if (hasJournal(disk)) return;
  const shown = segments.flatMap(({ records }) => records);
  const [largest = 0n] = shown.map(({ txid }) => txid).sort((a, b) => (a > b ? -1 : 1));
  const record = {
    type: RecordType.Raw,
    txid: largest + 1n,
    key: new Uint8Array(),
    payload: Buffer.from("theirs"),
  };
  useFile(disk, last, "append", (file) => {
    // As if we had died on the boundary of a frame: behind a tear it appends what nobody finds again.
    file.truncate(segments.at(-1)!.end);
    appendFully(file, encodeRecord(record));
    file.fsyncSync();
  });
  const log = RecordLog.openSync(STORE, { fileSystem: disk });
  const found = [...log.scan()];
  isPrefix(found, [...shown, record]);
  isDurable(found, shown.length + 1);
  log.closeSync();
}

/** What salvage says that it has saved is what the store that it made shows. */
function judgeSalvage(disk: SimulatedDisk): void {
  const { records, isPublished } = salvageToSync(STORE, "/salvaged", { fileSystem: disk });
  if (!isPublished) return;
  const log = RecordLog.openSync("/salvaged", { fileSystem: disk });
  const count = [...log.scan()].length;
  log.closeSync();
  if (count < records)
    throw new OracleViolation("10 groups", `salvage has saved ${records} records, ${count} are shown`);
}

function hasJournal(disk: SimulatedDisk): boolean {
  return disk.list(STORE).some(({ name }) => name.endsWith(".tail"));
}

/** The frames of a segment as whoever shows it to whom a head is a record like any other. */
function framesIn(bytes: Uint8Array): { records: OracleRecord[]; end: number } {
  const records: OracleRecord[] = [];
  let end = 0;
  for (let decoded = decodeNext(bytes, 0); decoded.kind === "record"; decoded = decodeNext(bytes, end)) {
    const { type, txid, key, payload } = decoded;
    records.push({ type, txid, key, payload });
    end = decoded.end;
  }
  return { records, end };
}
