import { FrameCursor } from "@datawal/format";
import { isPrefixWithAcknowledged, isUntouched } from "@datawal/oracle";
import { isSafeatomicError } from "@datawal/safeatomic";
import { type SimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import { type SalvageResult, salvageToSync, snapshotToSync, verifyLogSync } from "../../src/index.js";
import { concat, flipped, frames, patched, put, raw, type SampleRecord, sameRecord } from "../kit/frames.js";
import { mixedStore, type PlacedRecord } from "../kit/mixed-store.js";
import { readBack, thrownBy } from "../kit/read-back.js";
import { journalOf, quarantineOf } from "../kit/repair-cases.js";
import { IS_FULL_RUN, SEED, SeededRandom } from "../kit/seeded-random.js";
import { allFilesOf, diskWith, type Files, filesOf, STORE, writeFiles } from "../kit/store-files.js";

const TARGET = "/salvaged";

interface Salvaged extends SalvageResult {
  disk: SimulatedDisk;
  found: SampleRecord[];
}

/** Salvages a store, checks that it was not touched, and reads the target back. */
function salvage(files: Files): Salvaged {
  const disk = diskWith(files);
  const before = allFilesOf(disk);
  const dry = salvageToSync(STORE, TARGET, { fileSystem: disk, dryRun: true });
  expect(disk.stat(TARGET)).toBeUndefined();
  const result = salvageToSync(STORE, TARGET, { fileSystem: disk });
  isUntouched(before, allFilesOf(disk));
  const quarantines = result.quarantines.map((each) => ({ ...each, target: undefined }));
  expect({ ...dry, isPublished: result.isPublished }).toEqual({ ...result, quarantines });
  const found = result.isPublished ? targetRecords(disk) : [];
  expect(result.records).toBe(found.length);
  return { ...result, disk, found };
}

/** Each segment of the target read by itself: txids may repeat and have gaps. */
function targetRecords(disk: SimulatedDisk, target = TARGET): SampleRecord[] {
  const { verdict, report } = verifyLogSync(target, { fileSystem: disk });
  expect(verdict).toBe("intact");
  const { records } = readBack(disk, {}, target);
  expect(report.recordsReplayed).toBe(records.length);
  return records;
}

function isExactly(found: readonly SampleRecord[], expected: readonly SampleRecord[]): void {
  isPrefixWithAcknowledged(found, expected, expected.length);
}

describe(`a store with random damage (seed ${SEED})`, () => {
  const { records, files } = mixedStore(20_000, SEED);
  const segmentOf = (name: string) => Number.parseInt(name, 10);

  /** A stretch of a segment that is overwritten. */
  interface Stretch {
    segment: number;
    offset: number;
    bytes: Uint8Array;
  }

  function overwrite(stretches: readonly Stretch[]): Files {
    const damaged = Object.fromEntries(
      Object.entries(files).map(([name, content]) => [name, content.slice()]),
    );
    for (const { segment, offset, bytes } of stretches) {
      const name = Object.keys(files).find((each) => segmentOf(each) === segment)!;
      damaged[name]!.set(bytes.subarray(0, damaged[name]!.length - offset), offset);
    }
    return damaged;
  }

  function randomStretch(random: SeededRandom): Stretch {
    const names = Object.keys(files);
    const name = names[random.below(names.length)]!;
    const length = [1, 4, 24, 100, 512, 3000][random.below(6)]!;
    const bytes = random.below(2) === 0 ? new Uint8Array(length) : random.bytes(length);
    return { segment: segmentOf(name), offset: random.below(files[name]!.length), bytes };
  }

  /** Whether the bytes of a record are as they were, whatever was written over them. */
  function isWhole({ segment, offset, len, ...record }: PlacedRecord, damaged: Files): boolean {
    const name = Object.keys(files).find((each) => segmentOf(each) === segment)!;
    const bytes = damaged[name]!.subarray(offset, offset + len);
    return Buffer.compare(bytes, frames(record)) === 0;
  }

  /** Whether a damaged header is sound in itself and tells of other lengths: what follows may seem to lie inside. */
  function tellsOtherLengths({ segment, offset, len }: PlacedRecord, damaged: Files): boolean {
    const name = Object.keys(files).find((each) => segmentOf(each) === segment)!;
    const cursor = new FrameCursor();
    return cursor.readHeader(damaged[name]!, offset) === "header" && cursor.end !== offset + len;
  }

  test("salvage finds exactly the records that are whole, and lists every other byte", () => {
    const random = new SeededRandom(SEED);
    const rounds = IS_FULL_RUN ? 3000 : 12;
    let undecidedRounds = 0;
    for (let round = 0; round < rounds; round++) {
      const stretches = Array.from({ length: 1 + random.below(4) }, () => randomStretch(random));
      const damaged = overwrite(stretches);
      const whole = records.filter((record) => isWhole(record, damaged));
      const { found, lost, bytes, segments } = salvage(damaged);
      const isUndecided =
        found.length < whole.length && records.some((each) => tellsOtherLengths(each, damaged));
      if (isUndecided) undecidedRounds++;
      isExactly(
        found,
        isUndecided ? whole.filter(({ txid }) => found.some((each) => each.txid === txid)) : whole,
      );
      const size = Object.values(files).reduce((sum, content) => sum + content.length, 0);
      expect(bytes + lost.reduce((sum, each) => sum + each.bytes, 0)).toBe(size);
      expect(segments).toEqual([1, 2, 3]);
    }
    expect(undecidedRounds).toBeLessThanOrEqual(rounds / 60);
  }, 120_000);

  test("a segment keeps its number also where nothing of it is left", () => {
    const name = "00000002.dwal";
    const { found, disk } = salvage({ ...files, [name]: new Uint8Array(files[name]!.length) });
    expect(Object.keys(filesOf(disk, TARGET))).toEqual(Object.keys(files));
    isExactly(
      found,
      records.filter(({ segment }) => segment !== 2),
    );
  });

  test("of an intact store it is a copy, byte for byte", () => {
    const { disk, lost } = salvage(files);
    expect(lost).toEqual([]);
    isUntouched(files, filesOf(disk, TARGET));
  });

  test("the check can fail: a record that is dropped, doubled or out of order is noticed", () => {
    expect(() => isExactly(records.slice(1), records)).toThrow("oracle: 2 prefix");
    expect(() => isExactly(records.slice(0, -1), records)).toThrow("oracle: 1 durable");
    expect(() => isExactly([records[0]!, records[0]!], records)).toThrow("oracle: 2 prefix");
  });
});

describe("quarantine files", () => {
  const before = [raw(1, "one"), put(2, "key", "two")];
  const after = [raw(3, "three"), raw(4, "four")];
  const cut = frames(...before).length;
  const kept = [raw(4, "beyond"), raw(5, "beyond too")];
  const tail = concat(flipped(frames(raw(3, "damaged")), 230), frames(...kept));
  const quarantine = quarantineOf(1, before, tail);
  const name = `00000001.cut-${cut}`;
  const path = `${STORE}/${name}`;

  test("what they keep is put back behind the frame it stood behind", () => {
    const { found, lost, quarantines } = salvage({
      "00000001.dwal": frames(...before, ...after),
      [name]: quarantine,
      "00000002.dwal": frames(raw(6, "six")),
    });
    isExactly(found, [...before, ...kept, ...after, raw(6, "six")]);
    expect(lost).toEqual([{ path, segment: 1, offset: 160, bytes: 35, reason: "quarantine" }]);
    expect(quarantines).toEqual([{ paths: [path], outcome: "put-back", records: 2, target: undefined }]);
  });

  /**
   * A store was repaired, its keys deleted, the log compacted and swapped; the quarantine file was still there. Salvage
   * put its records back at their offset of whatever segment 1 had become: deleted keys were there again.
   */
  test.each([
    ["of another log", frames(raw(1, "another"), put(9, "key", "compacted"))],
    ["whose frame there has another txid", frames(before[0]!, put(3, "key", "two"), ...after)],
    ["whose frame there has another CRC", frames(before[0]!, put(2, "key", "2wo"), ...after)],
    ["in which that frame stands elsewhere", frames(raw(1, "longer than one"), before[1]!, ...after)],
    ["that ends before", frames(before[0]!)],
    ["that is damaged there", concat(frames(before[0]!), flipped(frames(before[1]!), 250), frames(...after))],
  ])("of a segment %s are extracted, and nothing comes back to life", (_name, segment) => {
    const { found, quarantines, disk } = salvage({ "00000001.dwal": segment, [name]: quarantine });
    const without = salvage({ "00000001.dwal": segment });
    isExactly(found, without.found);
    const target = `${TARGET}.quarantine-1`;
    expect(quarantines).toEqual([{ paths: [path], outcome: "extracted", records: 2, target }]);
    isExactly(targetRecords(disk, target), kept);
    expect(Object.keys(filesOf(disk, target))).toEqual(["00000001.dwal"]);
  });

  test("without a header, or with one that its name or size belies, are extracted and never put back", () => {
    const header = quarantine.subarray(0, 160);
    const others = {
      "no header": tail,
      "one of a later version": concat(patched(header, 4, 0x32), tail),
      "a damaged one": concat(flipped(header, 60), tail),
      "one of another place": quarantineOf(1, [...before, after[0]!], tail),
      "one of another segment": quarantineOf(2, before, tail),
      "less than it says": quarantine.subarray(0, -1),
      "more than it says": concat(quarantine, Uint8Array.of(0)),
    };
    for (const [what, file] of Object.entries(others)) {
      const { found, quarantines, disk } = salvage({
        "00000001.dwal": frames(...before, ...after),
        [name]: file,
      });
      isExactly(found, [...before, ...after]);
      expect(quarantines, what).toMatchObject([{ paths: [path], outcome: "extracted" }]);
      const extracted = targetRecords(disk, `${TARGET}.quarantine-1`);
      isExactly(extracted, what === "less than it says" ? kept.slice(0, 1) : kept);
    }
  });

  test("of a log that had no frame before are extracted: nothing tells what log that was", () => {
    const { found, quarantines } = salvage({
      "00000001.dwal": frames(...before),
      "00000001.cut-0": quarantineOf(1, [], tail),
    });
    isExactly(found, before);
    expect(quarantines).toMatchObject([{ outcome: "extracted", records: 2 }]);
  });

  test("of a segment that had no frame go behind the last of the segment before, and before its own", () => {
    const disk = diskWith({ "00000001.dwal": frames(...before), "00000002.dwal": tail });
    readBack(disk);
    const log = frames(...before);
    const files = { ...filesOf(disk), "00000002.dwal": frames(raw(3, "later")) };
    const { found } = salvage(files);
    isExactly(found, [...before, ...kept, raw(3, "later")]);
    const other = salvage({ ...files, "00000001.dwal": flipped(log, 8 * (log.length - 1)) });
    isExactly(other.found, [before[0]!, raw(3, "later")]);
    expect(other.quarantines).toMatchObject([{ outcome: "extracted", records: 2 }]);
  });

  test("several at one place come in the order in which they were cut", () => {
    const [a, b, c] = [raw(3, "a"), raw(3, "b"), raw(3, "c")].map((record) =>
      quarantineOf(1, before, concat(Uint8Array.of(1), frames(record))),
    );
    const { found } = salvage({
      "00000001.dwal": frames(...before, ...after),
      [name]: a!,
      [`${name}-10`]: c!,
      [`${name}-9`]: b!,
    });
    isExactly(found, [...before, raw(3, "a"), raw(3, "b"), raw(3, "c"), ...after]);
  });

  test("a tail that was kept and not yet cut is saved once", () => {
    for (const file of [quarantine, tail]) {
      const { found, lost, quarantines } = salvage({
        "00000001.dwal": concat(frames(...before), tail),
        [name]: file,
      });
      isExactly(found, [...before, ...kept]);
      expect(lost).toHaveLength(1);
      expect(quarantines).toEqual([{ paths: [path], outcome: "repeated", records: 0, target: undefined }]);
    }
  });

  test("a tail that was kept, grew, and was kept again is saved once", () => {
    const longer = concat(tail, frames(raw(6, "later")));
    for (const file of [quarantine, tail]) {
      const { found, quarantines } = salvage({
        "00000001.dwal": frames(...before),
        [name]: file,
        [`${name}-1`]: quarantineOf(1, before, longer),
      });
      isExactly(found, [...before, ...kept, raw(6, "later")]);
      expect(quarantines.map(({ outcome }) => outcome)).toEqual(["repeated", "put-back"]);
    }
  });

  test("of a store that was swapped away are extracted, also where their frame stands", () => {
    const disk = diskWith({ "00000001.dwal": frames(...before, ...after) });
    disk.makeDirectory(`${STORE}/quarantine-1`);
    writeFiles(disk, { [name]: quarantine, "notes.txt": tail }, `${STORE}/quarantine-1`);
    const { quarantines, records } = salvageToSync(STORE, TARGET, { fileSystem: disk });
    isExactly(targetRecords(disk), [...before, ...after]);
    expect(records).toBe(4);
    const paths = [`${STORE}/quarantine-1/${name}`];
    const target = `${TARGET}.quarantine-1`;
    expect(quarantines).toEqual([{ paths, outcome: "extracted", records: 2, target }]);
    isExactly(targetRecords(disk, target), kept);
  });

  test("a store of extracted records gets a name that is free", () => {
    const disk = diskWith({ "00000001.dwal": frames(...before), "00000001.cut-5": tail });
    for (const number of [1, 2]) disk.makeDirectory(`${TARGET}.quarantine-${number}`);
    const { quarantines } = salvageToSync(STORE, TARGET, { fileSystem: disk });
    expect(quarantines).toMatchObject([{ target: `${TARGET}.quarantine-3` }]);
  });

  /** Quarantine files of segments that are gone were passed over in silence. */
  test("of a segment that is gone are extracted", () => {
    const { found, segments, missingSegments, quarantines } = salvage({
      "00000002.dwal": frames(raw(2, "two")),
      "00000001.cut-40": concat(Uint8Array.of(9), frames(raw(1, "kept"))),
      "00000005.dwal": frames(raw(5, "five")),
    });
    isExactly(found, [raw(2, "two"), raw(5, "five")]);
    expect(segments).toEqual([2, 5]);
    expect(missingSegments).toEqual([3, 4]);
    expect(quarantines).toMatchObject([{ outcome: "extracted", records: 1 }]);
  });

  test("do not bring back what the log had before the cut", () => {
    const stale = concat(Uint8Array.of(9), frames(...before));
    const { found, lost, quarantines } = salvage({
      "00000001.dwal": frames(...before, ...after),
      [name]: quarantineOf(1, before, stale),
    });
    isExactly(found, [...before, ...after]);
    expect(lost.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(cut + 1);
    expect(quarantines).toMatchObject([{ outcome: "empty", records: 0 }]);
  });

  test("are as good as the tail itself: salvage finds the same before it is cut and behind", () => {
    const random = new SeededRandom(SEED);
    const zeros = new Uint8Array(200_000);
    const pieces = [tail, zeros, frames(raw(6, concat(random.bytes(9), zeros, random.bytes(9)))), zeros];
    for (let round = 0; round < 20; round++) {
      const mixed = Array.from({ length: 5 }, () => pieces[random.below(4)]!);
      const files = { "00000001.dwal": concat(frames(...before), ...mixed, random.bytes(5)) };
      const disk = diskWith(files);
      const { report } = readBack(disk);
      const found = salvage(filesOf(disk));
      isExactly(found.found, salvage(files).found);
      const inParts = report.warnings.filter(({ kind }) => kind === "kept-in-parts");
      expect(found.quarantines.flatMap(({ paths }) => paths).length > 1).toBe(inParts.length > 0);
    }
  });
});

describe("a journal", () => {
  const records = [raw(1, "one"), put(2, "key", "two"), raw(3, "three")];
  const log = frames(...records);
  const provenSize = frames(records[0]!).length;
  const journal = journalOf(1, provenSize, log.subarray(provenSize));
  const kept = [raw(5, "beyond"), raw(6, "beyond too")];
  const quarantine = concat(flipped(frames(raw(4, "damaged")), 230), frames(...kept));
  const rest = {
    "00000001.tail": journal,
    [`00000001.cut-${log.length}`]: quarantineOf(1, records, quarantine),
  };

  /** It was searched behind the quarantine file, whose records are younger: the older value of a key won. */
  test.each([
    ["nothing is cut", concat(log, quarantine)],
    ["cut", log.subarray(0, provenSize)],
    ["half appended", log.subarray(0, provenSize + 12)],
    ["all but removed", log],
  ])("comes before the tail that was kept with it: %s", (_name, segment) => {
    const { found } = salvage({ "00000001.dwal": segment, ...rest });
    isExactly(found, [...records, ...kept]);
  });

  test("has the quarantine files put back that were cut within what it holds", () => {
    const between = frames(records[0]!, records[1]!).length;
    const { found } = salvage({
      "00000001.dwal": log.subarray(0, provenSize),
      "00000001.tail": journal,
      [`00000001.cut-${between}`]: quarantineOf(
        1,
        records.slice(0, 2),
        concat(Uint8Array.of(9), frames(raw(3, "kept"))),
      ),
    });
    isExactly(found, [records[0]!, records[1]!, raw(3, "kept"), records[2]!]);
  });

  test("does not hide damage before it", () => {
    const more = [...records, raw(4, "four")];
    const all = frames(...more);
    const { found, lost } = salvage({
      "00000001.dwal": flipped(frames(...records), 230),
      "00000001.tail": journalOf(1, log.length, all.subarray(log.length)),
    });
    isExactly(found, more.slice(1));
    expect(lost).toMatchObject([{ segment: 1, offset: 0, bytes: provenSize, reason: "crc-mismatch" }]);
  });

  test("of a segment that is gone is saved", () => {
    const { found } = salvage({ "00000001.tail": journal });
    isExactly(found, records.slice(1));
  });
});

describe("what cannot be told from a record is left out", () => {
  const inner = frames(raw(3, "nested"), raw(4, "nested too"));

  test("a log in the payload of a damaged record, whichever bit of that one is wrong", () => {
    const outer = put(2, "backup", inner);
    const frame = frames(outer);
    const around = [raw(1, "one"), raw(3, "three"), raw(4, "four")];
    for (let bit = 0; bit < frame.length * 8; bit += IS_FULL_RUN ? 1 : 61) {
      const segment = concat(frames(around[0]!), flipped(frame, bit), frames(around[1]!, around[2]!));
      for (const sealed of [false, true]) {
        const next = sealed ? { "00000002.dwal": new Uint8Array(0) } : {};
        const { found } = salvage({ "00000001.dwal": segment, ...next });
        isExactly(found, around);
      }
    }
  });
});

test("where the search was given up, that is the reason of the loss", () => {
  const header = frames(raw(9, "")).subarray(0, 24);
  new DataView(header.buffer, header.byteOffset).setUint32(20, 8000, true);
  const forged = new Uint8Array(9000);
  for (let at = 0; at < 900; at += 24) forged.set(header, at);
  const { lost } = salvage({ "00000001.dwal": concat(frames(raw(1, "one")), forged) });
  expect(lost).toEqual([
    { path: `${STORE}/00000001.dwal`, segment: 1, offset: 31, bytes: 9000, reason: "search-exhausted" },
  ]);
});

test("nothing is written where nothing is found", () => {
  const { isPublished, disk, records } = salvage({ "00000001.dwal": new Uint8Array(100) });
  expect({ isPublished, records }).toEqual({ isPublished: false, records: 0 });
  expect(disk.list("/").map(({ name }) => name)).toEqual(["store"]);
});

test("whichever call fails, the target is whole or not there, and nothing is left open or behind", () => {
  const files = {
    "00000001.dwal": concat(frames(raw(1, "one")), Uint8Array.of(9), frames(raw(2, "two"))),
    "00000002.dwal": frames(raw(3, "three")),
    "00000002.cut-33": concat(Uint8Array.of(9), frames(raw(4, "kept"))),
  };
  const run = (failing: number, fault: { errno: string }) => {
    const disk = diskWith(files);
    const faulty = withFaults(disk, ({ index }) => (index === failing ? fault : undefined));
    let error: unknown;
    try {
      salvageToSync(STORE, TARGET, { fileSystem: faulty });
    } catch (thrown) {
      error = thrown;
    }
    return { disk, faulty, error };
  };
  const { faulty } = run(-1, { errno: "EIO" });
  for (let failing = 0; failing < faulty.callCount; failing += IS_FULL_RUN ? 1 : 3) {
    for (const errno of ["EIO", "ENOSPC", "EMFILE"]) {
      const { disk, faulty: failed, error } = run(failing, { errno });
      expect(failed.openFileCount, `call ${failing}`).toBe(0);
      isUntouched(files, filesOf(disk));
      if (error) expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_DATAWAL_/) });
      if (disk.stat(TARGET)) expect(targetRecords(disk), `call ${failing}`).toHaveLength(3);
      else if (!isSafeatomicError(error, "ERR_DATAWAL_CHANGE_NOT_DURABLE"))
        expect(disk.list("/").map(({ name }) => name)).toEqual(["store"]);
    }
  }
});

describe("snapshot and verify of damaged stores", () => {
  const records = [raw(1, "one"), put(2, "key", "two")];
  const tail = frames(raw(3, "cut short")).subarray(0, -1);

  test("a snapshot of a torn log has its valid prefix, and no more", () => {
    const files = { "00000001.dwal": concat(frames(...records), tail) };
    const disk = diskWith(files);
    expect(snapshotToSync(STORE, TARGET, { fileSystem: disk })).toMatchObject({ records: 2, lastTxid: 2n });
    expect(filesOf(disk, TARGET)).toEqual({ "00000001.dwal": frames(...records) });
    isUntouched(files, filesOf(disk));
  });

  test.each([
    [
      "damaged sealed segments",
      { "00000001.dwal": tail, "00000002.dwal": tail },
      "ERR_DATAWAL_SEGMENT_DAMAGED",
    ],
    ["bytes that never were a segment", { "00000001.dwal": tail.subarray(1) }, "ERR_DATAWAL_NOT_A_SEGMENT"],
  ])("%s are refused by a snapshot, told by verify, and left as they are", (_name, files, code) => {
    const disk = diskWith(files as Files);
    expect(thrownBy(() => snapshotToSync(STORE, TARGET, { fileSystem: disk }))).toMatchObject({ code });
    expect(disk.list("/").map(({ name }) => name)).toEqual(["store"]);
    const { verdict, damages } = verifyLogSync(STORE, { fileSystem: disk });
    expect(verdict).toBe("damaged");
    expect(damages.map(({ segment }) => segment)).toEqual(Object.keys(files).map((_, index) => index + 1));
    isUntouched(files as Files, filesOf(disk));
  });

  test("verify tells torn from damaged by what lies beyond", () => {
    const verdictOf = (segment: Uint8Array) =>
      verifyLogSync(STORE, { fileSystem: diskWith({ "00000001.dwal": segment }) }).verdict;
    expect(verdictOf(frames(...records))).toBe("intact");
    expect(verdictOf(concat(frames(...records), tail))).toBe("torn");
    expect(verdictOf(concat(frames(...records), tail, frames(raw(3, "beyond"))))).toBe("damaged");
  });
});

test("the comparison of records can fail", () => {
  expect(sameRecord(raw(1, "a"), raw(1, "b"))).toBe(false);
  expect(sameRecord(raw(1, "a"), put(1, "", "a"))).toBe(false);
  expect(sameRecord(raw(1, "a"), raw(2, "a"))).toBe(false);
});
