import { crc32c } from "@datawal/format";
import { runSync, type Steps } from "@datawal/safeatomic/internal";
import { withFaults } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import { type BeyondResult, searchBeyond } from "../../src/inspect/search-beyond.js";
import { concat, flipped, frames, patched, put, raw, type SampleRecord } from "../kit/frames.js";
import { thrownBy } from "../kit/read-back.js";
import { allOrSample, IS_FULL_RUN, SEED, SeededRandom } from "../kit/seeded-random.js";
import { diskWith } from "../kit/store-files.js";

interface Found extends BeyondResult {
  txids: bigint[];
  offsets: number[];
  /** Through the CRC. */
  crcBytes: number;
  /** From the disk. */
  readBytes: number;
  readCalls: number;
  /** Times that the search gave up the thread. */
  stepCount: number;
}

/** Searches bytes that stand behind `before` bytes of a valid prefix whose last txid is `afterTxid`. */
function search(region: Uint8Array, afterTxid: bigint, before = 0): Found {
  const found = {
    txids: [] as bigint[],
    offsets: [] as number[],
    crcBytes: 0,
    readBytes: 0,
    readCalls: 0,
    stepCount: 0,
  };
  const disk = diskWith({ segment: concat(new Uint8Array(before), region) });
  const counting = withFaults(disk, ({ operation, byteCount = 0 }) => {
    found.readBytes += byteCount;
    if (operation === "file.readAt") found.readCalls++;
  });
  const countingCrc: typeof crc32c = (bytes, seed) => {
    found.crcBytes += bytes.length;
    return crc32c(bytes, seed);
  };
  const path = "/store/segment";
  const file = counting.open(path, "read");
  const range = { file, path, offset: before, byteCount: region.length };
  // biome-ignore lint/correctness/useYield: it only takes note
  const steps = searchBeyond(range, afterTxid, countingCrc, function* ({ offset, txid }) {
    found.txids.push(txid);
    found.offsets.push(offset);
  });
  const result = runSync(counted(steps, () => found.stepCount++));
  return { ...result, ...found };
}

function* counted<T>(steps: Steps<T>, count: () => void): Steps<T> {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    count();
    yield value;
  }
}

/** Every byte of the region is in a frame that counts or in a lost range, in order, once. */
function isPartition({ offsets, lost }: Found, region: Uint8Array): void {
  const starts = [...offsets, ...lost.map(({ offset }) => offset)].sort((a, b) => a - b);
  const lostEnds = lost.map(({ offset, bytes }) => offset + bytes);
  if (region.length > 0) expect(starts[0]).toBe(0);
  const distinct = new Set(starts);
  expect(distinct.size).toBe(starts.length);
  expect(lostEnds.filter((end) => end < region.length && !distinct.has(end))).toEqual([]);
}

const damaged = put(5, "key", "a damaged record");
const behind = [raw(6, "behind"), put(7, "key", "value"), raw(8, "")];

describe("frames behind a damaged one", () => {
  test("count, in order", () => {
    const found = search(concat(flipped(frames(damaged), 300), frames(...behind)), 4n, 100);
    expect(found.txids).toEqual([6n, 7n, 8n]);
    expect(found).toMatchObject({ frames: 3, exhaustedAt: undefined });
    expect(found.lost).toEqual([{ offset: 100, bytes: frames(damaged).length }]);
  });

  test("count between several damages, and what is lost is listed", () => {
    const junk = new SeededRandom(SEED).bytes(50);
    const region = concat(junk, frames(raw(6, "a")), junk, frames(raw(7, "b")), junk);
    const found = search(region, 4n);
    expect(found.txids).toEqual([6n, 7n]);
    expect(found.lost).toEqual([
      { offset: 0, bytes: 50 },
      { offset: 79, bytes: 50 },
      { offset: 158, bytes: 50 },
    ]);
  });

  test("count wherever they lie to the edges of the window that is read at once", () => {
    const large = raw(6, new Uint8Array(1_500_000).fill(7));
    for (const gap of [1, 1_048_550, 1_048_575, 1_048_576, 1_048_580]) {
      const region = concat(
        new Uint8Array(gap),
        frames(large, raw(7, "b")),
        new Uint8Array(30),
        frames(raw(8, "c")),
      );
      expect(search(region, 4n).txids).toEqual([6n, 7n, 8n]);
    }
  });

  test("do not count with a txid that the prefix has reached", () => {
    expect(
      search(concat(new Uint8Array(30), frames(raw(3, "old"), raw(4, "old"), raw(5, "new"))), 4n).txids,
    ).toEqual([5n]);
  });

  test("do not count in a region that has none", () => {
    for (const region of [
      new Uint8Array(0),
      new Uint8Array(27),
      new Uint8Array(5000),
      frames(damaged).subarray(0, 30),
    ])
      expect(search(region, 4n)).toMatchObject({ frames: 0 });
  });
});

describe("behind a frame that the reference left torn", () => {
  // Its worst flaw: it appends behind the torn frame, beginning with the txid that one had; and does so again after
  // each open, since it never sees what it appended.
  const torn = frames(put(5, "the key", "the payload of a record that was cut short"));
  const session = [raw(5, "first"), put(6, "the key", "second"), raw(7, "third")];

  test.each(range(1, torn.length - 1))("by a cut after %i bytes, what was appended counts", (count) => {
    const region = concat(torn.subarray(0, count), frames(...session));
    const found = search(region, 4n);
    expect(found.txids).toEqual([5n, 6n, 7n]);
    isPartition(found, region);
  });

  test("in every session, all of them begin with the same txid", () => {
    for (const count of allOrSample(1, torn.length - 1, 12)) {
      const piece = concat(torn.subarray(0, count), frames(...session));
      expect(search(concat(piece, piece, piece), 4n).txids).toEqual([5n, 6n, 7n, 5n, 6n, 7n, 5n, 6n, 7n]);
    }
  });

  /** A valid frame, or the end of the file, at the torn frame's announced end does not make it whole. */
  test("also where what was appended ends exactly where the torn frame would have", () => {
    const appended = frames(raw(5, "first"), raw(6, "second"));
    const long = frames(raw(5, new Uint8Array(100).fill(1)));
    const cut = long.subarray(0, long.length - appended.length);
    expect(search(concat(cut, appended), 4n).txids).toEqual([5n, 6n]);
    expect(search(concat(cut, appended, frames(raw(7, "third"))), 4n).txids).toEqual([5n, 6n, 7n]);
  });

  test("also where the torn frame was longer than all that was appended", () => {
    const long = frames(raw(5, new Uint8Array(5000).fill(1)));
    for (const count of [1, 23, 25, 100, 512, 4096, 5027])
      expect(search(concat(long.subarray(0, count), frames(...session)), 4n).txids).toEqual([5n, 6n, 7n]);
  });
});

describe("a log stored as a payload", () => {
  const inner = (first: number) =>
    frames(raw(first, "one"), put(first + 1, "k", "two"), raw(first + 2, "three"));
  const torn = inner(5).subarray(0, -3);
  const payloads: [string, Uint8Array][] = [
    ["with small txids", inner(1)],
    ["whose txids go on as the outer log's do", inner(5)],
    ["whose txids begin with the outer record's successor", inner(6)],
    ["with large txids", inner(1000)],
    ["of its own predecessors and successors", frames(...range(1, 12).map((txid) => raw(txid, `${txid}`)))],
    ["with a torn tail", torn],
    ["behind other bytes", concat(new Uint8Array(100).fill(1), inner(5), new Uint8Array(9))],
    ["in equal frames", frames(...range(1, 16).map((txid) => raw(txid, "same")))],
  ];

  test.each(payloads)(
    "%s is not taken for records, whichever bit of the outer frame is wrong",
    (_name, payload) => {
      for (const outer of [put(5, "segment", payload), raw(5, payload)]) {
        const frame = frames(outer);
        for (const bit of outerBits(frame, payload.length)) {
          const region = concat(flipped(frame, bit), frames(...behind));
          const found = search(region, 4n);
          if (found.txids.join() !== "6,7,8") throw new Error(`bit ${bit}: ${found.txids}`);
          isPartition(found, region);
        }
      }
    },
  );

  test.each(payloads)("%s is not taken for records as the last frame either", (_name, payload) => {
    const frame = frames(put(5, "segment", payload));
    for (const bit of outerBits(frame, payload.length)) {
      const found = search(flipped(frame, bit), 4n);
      if (found.frames > 0) throw new Error(`bit ${bit}: ${found.txids}`);
    }
  });

  test("is not taken for records where the outer frame is cut short, unless its txids go on by chance", () => {
    for (const [name, payload] of payloads.filter(([name]) => name !== "behind other bytes")) {
      const frame = frames(put(5, "segment", payload));
      for (const count of allOrSample(1, frame.length - 1, 12)) {
        const { txids } = search(frame.subarray(0, count), 4n);
        if (txids.length > 0) throw new Error(`${name}, cut after ${count}: ${txids}`);
      }
    }
  });

  test("is not taken for records where the outer frame's key holds it", () => {
    const frame = frames(put(5, inner(5), "value"));
    for (let bit = 0; bit < 192; bit++)
      expect(search(concat(flipped(frame, bit), frames(...behind)), 4n).txids).toEqual([6n, 7n, 8n]);
  });

  /** Header and key of the outer frame bit by bit, and of what follows them, in a quick run, a sample. */
  function outerBits(frame: Uint8Array, payloadLen: number): number[] {
    const payloadBit = (frame.length - 4 - payloadLen) * 8;
    return [...range(0, payloadBit - 1), ...allOrSample(payloadBit, frame.length * 8 - 1, 20)];
  }

  test("the check can fail: nested frames count where the outer header is gone", () => {
    const frame = frames(put(5, "segment", inner(5)));
    expect(search(frame.fill(0, 0, 24), 4n).txids).toEqual([5n, 6n, 7n]);
  });
});

describe("the search has a budget", () => {
  /** Headers that announce the longest payload there is, one every 28 bytes. */
  function forged(byteCount: number, payloadLen: number): Uint8Array {
    const header = frames(raw(9, "")).subarray(0, 24);
    new DataView(header.buffer, header.byteOffset).setUint32(20, payloadLen, true);
    const region = new Uint8Array(byteCount);
    for (let at = 0; at + 28 <= byteCount; at += 28) region.set(header, at);
    return region;
  }

  const size = IS_FULL_RUN ? 70 << 20 : 1 << 19;

  test("forged headers cost at most four times the region in CRC work; where it gave up is said", () => {
    const region = forged(size, size > 64 << 20 ? 64 << 20 : size - 10_000);
    const found = search(concat(region, frames(raw(10, "real"))), 4n);
    expect(found.exhaustedAt).toBe(0);
    expect(found.crcBytes).toBeLessThanOrEqual(4 * (region.length + 32));
    expect(found.lost).toEqual([{ offset: 0, bytes: region.length + 32 }]);
  });

  test("forged headers of short frames are all looked at, and what is real behind them counts", () => {
    const found = search(concat(forged(100_000, 0), frames(raw(10, "real"))), 4n);
    expect(found).toMatchObject({ txids: [10n], exhaustedAt: undefined });
  });

  /** A magic every four bytes once made the search read 1 MiB for each of them: hours for a tail of 10 MiB. */
  test("a region full of magics is read about once", () => {
    const magics = new Uint8Array(Buffer.alloc(2 << 20, "DWAL"));
    const found = search(concat(magics, frames(raw(10, "real"))), 4n);
    expect(found.txids).toEqual([10n]);
    expect(found.readBytes).toBeLessThan(2 * magics.length);
  });

  /**
   * Only CRC work was counted: 32 MiB of magics took 18 s, one step each, and where no length of a damaged frame was
   * right, each guess read 128 KiB. What costs anything is counted here, of every tail that makes a search do most.
   */
  const hostile: [string, (byteCount: number) => Uint8Array][] = [
    ["magics", (byteCount) => Buffer.alloc(byteCount, "DWAL")],
    ["beginnings of headers", (byteCount) => Buffer.alloc(byteCount, "DWAL\x01\0")],
    ["headers without a frame", (byteCount) => forged(byteCount, 0)],
    ["headers of frames of 100 KB", (byteCount) => forged(byteCount, 100_000)],
    ["headers of frames longer than a window", (byteCount) => forged(byteCount, 200_000)],
    ["damaged frames, each before an old one", damagedThenOld],
    ["damaged frames, each before a new one", (byteCount) => damagedThenOld(byteCount, 9)],
    ["zeros", (byteCount) => new Uint8Array(byteCount)],
  ];

  function damagedThenOld(byteCount: number, txid = 2): Uint8Array {
    const pair = concat(flipped(frames(raw(20, "damaged")), 230), frames(raw(txid, "old")));
    return Buffer.alloc(byteCount, pair);
  }

  test.each(hostile)("%s cost a search no more than in proportion to their length", (_name, region) => {
    for (const byteCount of IS_FULL_RUN ? [1 << 20, 2 << 20] : [1 << 19]) {
      const found = search(region(byteCount), 4n);
      const { crcBytes, readBytes, readCalls, stepCount } = found;
      expect(crcBytes).toBeLessThanOrEqual(4 * byteCount);
      expect(readBytes).toBeLessThanOrEqual(4 * byteCount);
      expect(readCalls).toBeLessThanOrEqual(byteCount / 32);
      expect(stepCount).toBeLessThanOrEqual(byteCount / 24);
      isPartition(found, region(byteCount));
    }
  });

  test("headers that are no frame's are counted: where that ends the search is said", () => {
    const region = Buffer.alloc(2 << 20, "DWAL\x01\0");
    expect(search(concat(region, frames(raw(10, "real"))), 4n)).toMatchObject({ txids: [], exhaustedAt: 0 });
  });

  test("a search gives up the thread at least once a window, also in a hole", () => {
    const { stepCount, readCalls } = search(new Uint8Array(2 << 20), 4n);
    expect(readCalls).toBeLessThanOrEqual(20);
    expect(stepCount).toBeGreaterThanOrEqual(16);
  });

  test("what is found before the budget is spent counts", () => {
    const region = concat(new Uint8Array(10), frames(raw(6, "real")), forged(200_000, 190_000));
    const found = search(region, 4n);
    expect(found).toMatchObject({ txids: [6n], exhaustedAt: 42 });
    isPartition(found, region);
  });

  test("several damages in a log cost less than the budget", () => {
    const random = new SeededRandom(SEED);
    const records = range(5, 300).map((txid) => raw(txid, random.bytes(random.below(400))));
    const region = concat(
      ...records.map((record, index) => (index % 3 === 0 ? flipped(frames(record), 200) : frames(record))),
    );
    const found = search(region, 4n);
    expect(found.exhaustedAt).toBeUndefined();
    expect(found.txids).toEqual(records.filter((_, index) => index % 3 !== 0).map(({ txid }) => txid));
  });
});

/** Only bytes actually read are evidence (R6): what stood in memory before must not be searched in their place. */
test("a file that is shorter than it was is an error", () => {
  const disk = diskWith({ segment: frames(...behind) });
  const path = "/store/segment";
  const file = disk.open(path, "read");
  const steps = searchBeyond({ file, path, offset: 0, byteCount: 500 }, 4n, crc32c);
  expect(thrownBy(() => runSync(steps))).toMatchObject({ code: "ERR_DATAWAL_SEGMENT_CHANGED" });
});

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

test("a frame whose header was overwritten by another frame's beginning does not hide what follows", () => {
  const record: SampleRecord = raw(5, "x".repeat(100));
  const region = concat(patched(frames(record), 0, ...frames(raw(6, "")).subarray(0, 16)), frames(...behind));
  expect(search(region, 4n).txids).toEqual([6n, 7n, 8n]);
});
