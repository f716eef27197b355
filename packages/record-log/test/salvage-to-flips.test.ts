import { describe, expect, test } from "vitest";
import { type SalvageResult, salvageToSync, segmentName } from "../src/index.js";
import { concat, deletion, flipped, frames, put, raw, type SampleRecord } from "./kit/frames.js";
import { allOrSample, IS_FULL_RUN, SEED, SeededRandom } from "./kit/seeded-random.js";
import { diskWith, type Files, filesOf, sameFiles } from "./kit/store-files.js";

const SAVED = "/saved";

/** Every bit of the store takes minutes, a sample seconds. */
const TIMEOUT_MS = IS_FULL_RUN ? 900_000 : 30_000;

/** The frames of each segment, in order. */
type Segments = readonly (readonly Uint8Array[])[];

/** One bit of one frame of one segment. */
interface Flip {
  segment: number;
  frame: number;
  bit: number;
}

describe("of a mixed store of 16 KiB in three segments with one bit turned over", () => {
  const segments = mixedStore();

  test("the store is of that size, and each segment has all types of records", () => {
    const byteCounts = segments.map((own) => concat(...own).length);
    expect(byteCounts.reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(16 * 1024);
    expect(Math.min(...byteCounts)).toBeGreaterThan(4 * 1024);
  });

  test(
    "every frame but the one that was hit is saved, and that one is listed",
    () => {
      const flips = everyFlip(segments);
      for (const index of allOrSample(0, flips.length - 1, 150, 5000))
        expectRestSaved(segments, flips[index]!);
    },
    TIMEOUT_MS,
  );

  test(
    "every bit of every header's lengths, where a frame may seem to end where another does",
    () => {
      const lengths = everyFlip(segments).filter(({ bit }) => bit >= 16 * 8 && bit < 24 * 8);
      for (const index of allOrSample(0, lengths.length - 1, 150, 2000)) {
        expectRestSaved(segments, lengths[index]!);
      }
    },
    TIMEOUT_MS,
  );
});

describe.each(Object.entries(nestedStores()))("with a segment stored as a payload (%s)", (_, segments) => {
  test(
    "no frame of the payload is taken for a record, whichever bit of the outer frame is turned over",
    () => {
      const outer = everyFlip(segments).filter(({ segment, frame }) => segment === 0 && frame === 2);
      for (const index of allOrSample(0, outer.length - 1, 100, 1000))
        expectRestSaved(segments, outer[index]!);
    },
    TIMEOUT_MS,
  );
});

test("the checks notice a frame that was not saved", () => {
  const segments = mixedStore();
  const flip = { segment: 1, frame: 3, bit: 0 };
  const missing = segments.map((own, index) => (index === 1 ? own.slice(1) : own));
  expect(() => expectRestSaved(missing, flip, segments)).toThrow(/bit 0 of frame 3/);
});

/** @param stored What is really on the disk: the same, but for the test of this check. */
function expectRestSaved(segments: Segments, flip: Flip, stored: Segments = segments): void {
  const source = storeFiles(stored, (own, id) => own.map((frame, index) => hit(frame, flip, id, index)));
  const rest = storeFiles(segments, (own, id) =>
    own.filter((_, index) => !(id === flip.segment && index === flip.frame)),
  );
  const disk = diskWith(source);
  const result = salvageToSync("/store", SAVED, { fileSystem: disk });
  const isRight =
    sameFiles(filesOf(disk, SAVED), rest) &&
    sameFiles(filesOf(disk), source) &&
    isOnlyLoss(result, segments, flip);
  if (!isRight) {
    throw new Error(
      `bit ${flip.bit} of frame ${flip.frame} of segment ${flip.segment + 1} (seed ${SEED}): saved ${result.records} records, lost ${JSON.stringify(result.lost)}`,
    );
  }
}

function isOnlyLoss({ lost }: SalvageResult, segments: Segments, { segment, frame }: Flip): boolean {
  const own = segments[segment]!;
  const offset = concat(...own.slice(0, frame)).length;
  const [loss, ...others] = lost;
  return (
    others.length === 0 &&
    loss?.segment === segment + 1 &&
    loss.offset === offset &&
    loss.bytes === own[frame]!.length
  );
}

function hit(frame: Uint8Array, flip: Flip, segment: number, index: number): Uint8Array {
  return segment === flip.segment && index === flip.frame ? flipped(frame, flip.bit) : frame;
}

function storeFiles(
  segments: Segments,
  keep: (own: readonly Uint8Array[], segment: number) => Uint8Array[],
): Files {
  return Object.fromEntries(
    segments.map((own, index) => [segmentName(index + 1), concat(...keep(own, index))]),
  );
}

function everyFlip(segments: Segments): Flip[] {
  return segments.flatMap((own, segment) =>
    own.flatMap((bytes, frame) =>
      Array.from({ length: bytes.length * 8 }, (_, bit) => ({ segment, frame, bit })),
    ),
  );
}

/** Frames of many lengths, empty ones, and runs of equal length, where a wrong length ends at another frame's end. */
function mixedStore(): Segments {
  const random = new SeededRandom(SEED);
  let txid = 0;
  const some = (): SampleRecord[] => [
    raw(++txid, random.bytes(random.below(300))),
    put(++txid, `key-${random.below(20)}`, random.bytes(random.below(200))),
    deletion(++txid, `key-${random.below(20)}`),
    put(++txid, "", ""),
    ...Array.from({ length: 6 }, () => raw(++txid, random.bytes(36))),
  ];
  const segment = () => {
    const records: SampleRecord[] = [];
    while (frames(...records).length < 5500) records.push(...some());
    return records.map((record) => frames(record));
  };
  return [segment(), segment(), segment()];
}

/** Stores whose third record has a log as its payload: one that goes on where the outer one is, or an older copy of it. */
function nestedStores(): Record<string, Segments> {
  return Object.fromEntries(
    Object.entries({
      "its txids continue the outer log": [3, 4, 5, 6],
      "its txids are the next but one": [4, 5, 6, 7],
      "its txids are far ahead": [100, 101, 102, 103],
      "an older copy of the same log": [1, 2],
    }).map(([name, txids]) => {
      const inner = frames(...txids.map((txid) => put(txid, "inner", "v".repeat(4 * txid))));
      return [
        name,
        [
          [
            raw(1, "before"),
            put(2, "key", "before"),
            put(3, "copy", inner),
            raw(4, "after"),
            deletion(5, "key"),
          ],
          [raw(6, "next segment")],
        ].map((own) => own.map((record) => frames(record))),
      ];
    }),
  );
}
