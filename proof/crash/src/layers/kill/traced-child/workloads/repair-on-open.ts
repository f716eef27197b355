import { appendFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32c, RecordType } from "@datawal/format";
import { type OracleRecord, OracleViolation } from "@datawal/oracle";
import { QUARANTINE_HEADER_LEN } from "@datawal/record-log/internal";
import type { Place } from "../place.js";
import { mixedRecords, plannedRecords } from "../planned-records.js";
import { type Aftermath, NOTHING_PREPARED, type Prepared, type Workload } from "../workload.js";
import { framesOf, makeDoubtfulStore, makeStore, SEGMENT } from "./existing-store.js";

const EXISTING_COUNT = 6;
/** Of these the note of a doubtful store knows. */
const SYNCED_COUNT = 2;
const NO_BYTES = new Uint8Array(0);

/** How a crash has left the end of the segment. */
interface Ending {
  name: string;
  /** Behind the valid prefix. */
  tail(existing: readonly OracleRecord[]): Uint8Array;
  /** Valid frames within the tail. */
  beyond: readonly OracleRecord[];
  /** Whether the note knows of a part of the prefix only, so that the rest goes through a tail journal. */
  isDoubtful: boolean;
  /** Whether an earlier repair was killed when it had cut the segment. */
  isInterrupted?: boolean;
}

/** Other records than those that will be appended under the same txids. */
const BEYOND: readonly OracleRecord[] = [7, 8].map((number) => ({
  type: RecordType.Put,
  txid: BigInt(EXISTING_COUNT + number),
  key: Buffer.from("beyond"),
  payload: Buffer.from(`cut off ${number}`),
}));

const torn = () => framesOf([{ ...BEYOND[0]!, txid: BigInt(EXISTING_COUNT + 1) }]).subarray(0, -5);
const damagedThenValid = () => {
  const damaged = Buffer.from(framesOf([{ ...BEYOND[0]!, txid: BigInt(EXISTING_COUNT + 1) }]));
  damaged[damaged.length - 6]! ^= 1;
  return Buffer.concat([damaged, framesOf(BEYOND)]);
};

const ENDINGS: readonly Ending[] = [
  { name: "torn", tail: torn, beyond: [], isDoubtful: false },
  { name: "zeros", tail: () => new Uint8Array(700), beyond: [], isDoubtful: false },
  { name: "frames-beyond", tail: damagedThenValid, beyond: BEYOND, isDoubtful: false },
  { name: "unproven", tail: () => NO_BYTES, beyond: [], isDoubtful: true },
  { name: "unproven-and-torn", tail: torn, beyond: [], isDoubtful: true },
  { name: "interrupted", tail: () => NO_BYTES, beyond: [], isDoubtful: true, isInterrupted: true },
];

/** Opens a store that a crash has left, appends, syncs. */
export const REPAIRS: readonly Workload[] = ENDINGS.map((ending) => ({
  name: `repair-${ending.name}`,
  plan: mixedRecords,
  prepare: (place, seed) => leave(place, seed, ending),
  perform: (performer) =>
    performer.withLog(Number.POSITIVE_INFINITY, async (log) => {
      performer.append(log);
      await performer.fsync(log);
    }),
  inspect: keepsTheTailOnce,
}));

function leave(place: Place, seed: number, ending: Ending): Prepared {
  const existing = plannedRecords(mixedRecords, seed, EXISTING_COUNT);
  const [synced, unsynced] = [existing.slice(0, SYNCED_COUNT), existing.slice(SYNCED_COUNT)];
  if (ending.isDoubtful)
    writeFileSync(join(place.store, ".lock"), makeDoubtfulStore(place, synced, unsynced));
  else makeStore(place, existing);
  const segment = join(place.store, SEGMENT);
  const tail = ending.tail(existing);
  if (ending.isInterrupted) {
    const proven = framesOf(synced);
    writeFileSync(segment, proven);
    writeFileSync(join(place.store, "00000001.tail"), journalOf(proven.length, framesOf(unsynced)));
  }
  appendFileSync(segment, tail);
  return { ...NOTHING_PREPARED, existingCount: EXISTING_COUNT, discarded: ending.beyond, tail };
}

/** A tail journal of segment 1, as docs/file-names.md has it: the bytes, then a line that says which they are. */
function journalOf(offset: number, content: Uint8Array): Uint8Array {
  const text = `tail 1 1 ${offset} ${content.length}`;
  const crc = crc32c(Buffer.from(text), crc32c(content)).toString(16);
  return Buffer.concat([content, Buffer.from(`${`${text} ${crc}`.padEnd(79)}\n`)]);
}

/** What was cut off lies in one quarantine file, unless it was all zero or open has said that there was no space. */
function keepsTheTailOnce({ place, prepared: { tail }, testimony }: Aftermath): void {
  const kept = readdirSync(place.store)
    .filter((name) => name.includes(".cut-"))
    .map((name) => readFileSync(join(place.store, name)).subarray(QUARANTINE_HEADER_LEN));
  const isKept = tail.some((byte) => byte !== 0) && !testimony.warnings.includes("cut-without-quarantine");
  const expected = isKept ? [tail] : [];
  const isRight =
    kept.length === expected.length &&
    kept.every((bytes, index) => Buffer.compare(bytes, expected[index]!) === 0);
  if (isRight) return;
  const found = `${kept.length} quarantine files of ${kept.map(({ length }) => length)} bytes`;
  throw new OracleViolation(
    "3 nothing fabricated",
    `expected the ${tail.length} bytes cut off to be kept once, found ${found}`,
  );
}
