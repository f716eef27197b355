import { crc32c } from "@datawal/format";
import { isIdempotent, isPrefixWithAcknowledged } from "@datawal/oracle";
import type { OpenFile } from "@datawal/safeatomic";
import { runSync } from "@datawal/safeatomic/internal";
import type { SimulatedDisk } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import { hardwareCrc32c } from "../../src/crc/hardware-crc.js";
import {
  isRecordLogError,
  type OpenOptions,
  RecordLog,
  type RecordLogErrorCode,
  salvageToSync,
  verifyLogSync,
} from "../../src/index.js";
import { type FrameVisitor, Inspection } from "../../src/inspect/inspection.js";
import { damageError } from "../../src/inspect/refusal.js";
import { Store } from "../../src/store/store.js";
import { flipped, frames, type SampleRecord, sameRecord } from "../kit/frames.js";
import { mixedStore, type PlacedRecord } from "../kit/mixed-store.js";
import { readBack, readOnly } from "../kit/read-back.js";
import { IS_FULL_RUN, IS_WHOLE_RUN, SEED, SeededRandom } from "../kit/seeded-random.js";
import { diskWith, STORE } from "../kit/store-files.js";

const { records, files } = mixedStore(65_536, SEED);
const names = Object.keys(files);
const ACTIVE = 3;
/** Of each segment, in all segments together. */
const starts = names.map((_, index) =>
  names.slice(0, index).reduce((sum, name) => sum + files[name]!.length, 0),
);
const bitCount = names.reduce((sum, name) => sum + files[name]!.length, 0) * 8;

/** Where a bit of the store lies, and in which record. */
interface Place {
  name: string;
  segment: number;
  /** Within the segment. */
  byte: number;
  mask: number;
  recordIndex: number;
}

function placeOf(bit: number): Place {
  const byteInStore = bit >> 3;
  const index = starts.findLastIndex((start) => start <= byteInStore);
  const segment = index + 1;
  const byte = byteInStore - starts[index]!;
  const holds = (record: PlacedRecord) =>
    record.segment === segment && record.offset <= byte && byte < record.offset + record.len;
  return { name: names[index]!, segment, byte, mask: 1 << (bit & 7), recordIndex: records.findIndex(holds) };
}

/** A disk that shows one bit of one file turned over to whoever reads it; it is made anew when it was changed. */
class FlippingDisk {
  place: Place | undefined;
  #disk: SimulatedDisk | undefined;

  get(): SimulatedDisk {
    this.#disk ??= this.#make();
    return this.#disk;
  }

  forget(): void {
    this.#disk = undefined;
  }

  #make(): SimulatedDisk {
    const disk = diskWith(files);
    const open = disk.open.bind(disk);
    disk.open = (path, mode, ...rest) => {
      const file = open(path, mode, ...rest);
      return this.place && path.endsWith(this.place.name) ? this.#flipping(file, this.place) : file;
    };
    return disk;
  }

  #flipping(file: OpenFile, { byte, mask }: Place): OpenFile {
    const readAt = file.readAt.bind(file);
    file.readAt = (target, targetOffset, byteCount, fileOffset) => {
      const count = readAt(target, targetOffset, byteCount, fileOffset);
      const at = byte - fileOffset;
      if (at >= 0 && at < count) target[targetOffset + at]! ^= mask;
      return count;
    };
    return file;
  }
}

type Outcome = "opened" | RecordLogErrorCode;

/** How an open ended, or what reading the segment says that it would end with, and how many records came before. */
interface Found {
  outcome: Outcome;
  recordCount: number;
}

/** Takes records in the order of the log, and throws at the first that is not the one that was appended there. */
class OriginalsOnly {
  count: number;

  /** @param first which record comes first. */
  constructor(first: number) {
    this.count = first;
  }

  take({ txid, type, key, payload }: SampleRecord): void {
    const original = records[this.count++];
    if (!original || !sameRecord(original, { txid, type, key, payload }))
      throw new Error(`record ${this.count - 1} was never appended`);
  }
}

function openFlipped(disk: FlippingDisk, place: Place, crc = hardwareCrc32c): Found {
  disk.place = place;
  const originals = new OriginalsOnly(0);
  try {
    const replay: OpenOptions["replay"] = (record) => originals.take(record);
    RecordLog.openSync(STORE, { fileSystem: disk.get(), replay, crc32c: crc }).closeSync();
    disk.forget();
    return { outcome: "opened", recordCount: originals.count };
  } catch (error) {
    if (!isRecordLogError(error)) throw error;
    return { outcome: error.code, recordCount: originals.count };
  }
}

/**
 * Reads the one segment, by the pass that open, readers and verify share: several times as fast as an open.
 * Where its first bytes are hit, what comes before it counts (docs/decisions/0007), and is read too.
 */
function readFlipped(disk: FlippingDisk, place: Place): Found {
  disk.place = place;
  const firstRead = place.byte < 4 ? 1 : place.segment;
  const originals = new OriginalsOnly(records.findIndex(({ segment }) => segment === firstRead));
  const visit: FrameVisitor = (cursor) => originals.take(cursor);
  const inspection = new Inspection(new Store({ fileSystem: disk.get(), crc: hardwareCrc32c }, STORE), visit);
  for (let before = firstRead; before < place.segment; before++) runSync(inspection.read(before, false));
  const { damage } = runSync(inspection.read(place.segment, place.segment === ACTIVE));
  if (!damage) return { outcome: "opened", recordCount: -1 };
  const isSealed = place.segment < ACTIVE;
  const isRefused = isSealed || damage.verdict !== "damaged-tail";
  const outcome = isRefused ? (damageError(damage, isSealed).code as RecordLogErrorCode) : "opened";
  return { outcome, recordCount: originals.count };
}

/** The records before the damaged one and nothing else; or a refusal, where the place allows it. */
function isNoWrongAnswer({ segment, byte, recordIndex }: Place, { outcome, recordCount }: Found): void {
  const inRecord = byte - records[recordIndex]!.offset;
  const expected: Outcome[] =
    segment < ACTIVE
      ? ["ERR_DATAWAL_SEGMENT_DAMAGED"]
      : inRecord >= 4 && inRecord < 8
        ? ["ERR_DATAWAL_FRAME_UNSUPPORTED", "opened"]
        : ["opened"];
  if (!expected.includes(outcome)) throw new Error(`expected ${expected}, the open ended with ${outcome}`);
  if (recordCount !== recordIndex) throw new Error(`expected ${recordIndex} records, found ${recordCount}`);
}

/** Tries bits one by one; returns how often which outcome was found. */
function tryBits(bits: Iterable<number>, attempt: (disk: FlippingDisk, place: Place) => Found) {
  const disk = new FlippingDisk();
  const outcomes = new Map<Outcome, number>();
  for (const bit of bits) {
    const place = placeOf(bit);
    try {
      const found = attempt(disk, place);
      isNoWrongAnswer(place, found);
      outcomes.set(found.outcome, (outcomes.get(found.outcome) ?? 0) + 1);
    } catch (error) {
      throw new Error(`bit ${bit}: byte ${place.byte} of ${place.name}`, { cause: error });
    }
  }
  return outcomes;
}

function* allBits(): Generator<number> {
  for (let bit = 0; bit < bitCount; bit++) yield bit;
}

function* someBits(count: number): Generator<number> {
  const random = new SeededRandom(SEED);
  for (let drawn = 0; drawn < count; drawn++) yield random.below(bitCount);
}

test("the store has what the oracle's sentence speaks of", () => {
  expect(bitCount / 8).toBeGreaterThan(64_000);
  expect(new Set(records.map(({ type }) => type)).size).toBe(3);
  expect(new Set(records.map(({ segment }) => segment)).size).toBe(3);
  isPrefixWithAcknowledged(readBack(diskWith(files)).records, records, records.length);
});

describe(`with any one bit turned over (seed ${SEED})`, () => {
  test("reading gives the records before it and nothing else", () => {
    const outcomes = tryBits(IS_WHOLE_RUN ? allBits() : someBits(IS_FULL_RUN ? 50_000 : 1500), readFlipped);
    expect(outcomes.get("ERR_DATAWAL_SEGMENT_DAMAGED")).toBeGreaterThan(750);
    expect(outcomes.get("opened")).toBeGreaterThan(375);
    if (IS_WHOLE_RUN) expect([...outcomes.values()].reduce((sum, count) => sum + count)).toBe(bitCount);
  }, 600_000);

  test("the log opens with the records before it, or refuses with an error that names the place", () => {
    const outcomes = tryBits(someBits(IS_WHOLE_RUN ? 30_000 : IS_FULL_RUN ? 3000 : 300), openFlipped);
    expect(outcomes.get("ERR_DATAWAL_SEGMENT_DAMAGED")).toBeGreaterThan(150);
    expect(outcomes.get("opened")).toBeGreaterThan(60);
  }, 600_000);

  test("reader, verify and salvage agree with it, and a second open finds a clean log", () => {
    const random = new SeededRandom(SEED + 1);
    for (let round = 0; round < (IS_WHOLE_RUN ? 500 : IS_FULL_RUN ? 120 : 15); round++) {
      const bit = random.below(bitCount);
      const { name, byte, segment, recordIndex } = placeOf(bit);
      const bitInFile = byte * 8 + (bit & 7);
      const disk = diskWith({ ...files, [name]: flipped(files[name]!, bitInFile) });
      const verified = verifyLogSync(STORE, { fileSystem: disk });
      expect(verified.damages).toMatchObject([{ segment, offset: records[recordIndex]!.offset }]);
      salvageToSync(STORE, "/salvaged", { fileSystem: disk });
      const others = records.toSpliced(recordIndex, 1);
      isPrefixWithAcknowledged(readBack(disk, {}, "/salvaged").records, others, others.length);
      if (verified.damages[0]!.verdict !== "damaged-tail" || segment < ACTIVE) continue;
      isPrefixWithAcknowledged(readOnly(disk).records, records, recordIndex);
      const first = readBack(disk);
      isPrefixWithAcknowledged(first.records, records.slice(0, recordIndex), recordIndex);
      isIdempotent(first, readBack(disk));
    }
  }, 120_000);
});

describe("the check can fail", () => {
  const inPayload = placeOf((starts[ACTIVE - 1]! + 30) * 8);

  test("a log that returns one record more than the damage leaves, or one less, is found out", () => {
    const found = openFlipped(new FlippingDisk(), inPayload);
    isNoWrongAnswer(inPayload, found);
    for (const recordCount of [found.recordCount - 1, found.recordCount + 1])
      expect(() => isNoWrongAnswer(inPayload, { ...found, recordCount })).toThrow("expected");
    expect(() => isNoWrongAnswer(placeOf(100), found)).toThrow("expected ERR_DATAWAL_SEGMENT_DAMAGED");
  });

  test("a log that does not check the CRC is found out", () => {
    const storedCrcs = new Map(
      records.map((record) => [
        record.txid,
        new DataView(frames(record).buffer).getUint32(record.len - 4, true),
      ]),
    );
    const blind: typeof crc32c = (bytes, seed) =>
      bytes.length < 24
        ? crc32c(bytes, seed)
        : storedCrcs.get(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(8, true))!;
    expect(() => openFlipped(new FlippingDisk(), inPayload, blind)).toThrow("was never appended");
  });
});
