import { crc32c } from "@datawal/format";
import { expect, test } from "vitest";
import { SegmentReader } from "../../src/inspect/segment-reader.js";
import { CHUNK_BYTES } from "../../src/store/file-range.js";
import { concat, frames, raw, type SampleRecord } from "../kit/frames.js";
import { wrappingOpenFiles } from "../kit/open-file-wrapper.js";
import { thrownBy } from "../kit/read-back.js";
import { allOrSample } from "../kit/seeded-random.js";
import { diskWith, STORE } from "../kit/store-files.js";

const FIRST = "00000001.dwal";

function openSegment(content: Uint8Array) {
  const disk = diskWith({ [FIRST]: content });
  return disk.open(`${STORE}/${FIRST}`, "read");
}

/** What a reader finds in a segment: the payload of each record, and the outcome that ends it. */
function readThrough(content: Uint8Array, whose: "own" | "kept", size = content.length, from = 0) {
  const reader = new SegmentReader(crc32c, whose);
  reader.start(openSegment(content), FIRST, size, from);
  const views: Uint8Array[] = [];
  const copies: Uint8Array[] = [];
  let fills = 0;
  for (;;) {
    const outcome = reader.next();
    if (outcome === "record") {
      views.push(reader.cursor.payload);
      copies.push(reader.cursor.payload.slice());
    } else if (outcome === "more") {
      reader.fill();
      fills++;
    } else {
      return { views, copies, fills, outcome, end: reader.nextOffset };
    }
  }
}

function filled(txid: number, size: number): SampleRecord {
  return raw(txid, new Uint8Array(size).fill(txid));
}

test("frames are found wherever they lie to the end of a chunk", () => {
  const last = filled(3, 40);
  for (const shift of allOrSample(-35, 65, 40)) {
    const records = [filled(1, 10), filled(2, CHUNK_BYTES - 100 + shift), last];
    const { copies, outcome, fills } = readThrough(frames(...records), "own");
    expect(
      copies.map(({ length }) => length),
      `shift ${shift}`,
    ).toEqual(records.map(({ payload }) => payload.length));
    expect(copies.at(-1)).toEqual(last.payload);
    expect(outcome).toBe("end");
    expect(fills).toBeLessThanOrEqual(3);
  }
});

test("frames larger than a chunk are read piece by piece, and what follows them is found", () => {
  const records = [filled(1, 5), filled(2, 3 * CHUNK_BYTES + 7), filled(3, CHUNK_BYTES), filled(4, 5)];
  for (const whose of ["own", "kept"] as const) {
    const { copies, outcome } = readThrough(frames(...records), whose);
    expect(outcome).toBe("end");
    records.forEach(({ payload }, index) => {
      expect(Buffer.compare(copies[index]!, payload)).toBe(0);
    });
  }
});

test("views stay what they were when chunks are kept", () => {
  const records = Array.from({ length: 60 }, (_, index) => filled(index + 1, 70_000 + index));
  const { views, copies, fills } = readThrough(frames(...records), "kept");
  expect(fills).toBeGreaterThan(3);
  views.forEach((view, index) => {
    expect(Buffer.compare(view, copies[index]!)).toBe(0);
    expect(view[0]).toBe(index + 1);
  });
});

test("the test of kept chunks can fail: a reused chunk overwrites its views", () => {
  const records = Array.from({ length: 60 }, (_, index) => filled(index + 1, 70_000));
  const { views } = readThrough(frames(...records), "own");
  expect(views.every((view, index) => view[0] === index + 1)).toBe(false);
});

test("each byte is read once", () => {
  let bytesRead = 0;
  const content = frames(...Array.from({ length: 50 }, (_, index) => filled(index + 1, 100_000)));
  const counting = wrappingOpenFiles(diskWith({ [FIRST]: content }), (file) => ({
    readAt: (target, targetOffset, byteCount, fileOffset) => {
      expect(byteCount).toBeLessThanOrEqual(CHUNK_BYTES);
      const count = file.readAt(target, targetOffset, byteCount, fileOffset);
      bytesRead += count;
      return count;
    },
  }));
  const reader = new SegmentReader(crc32c);
  reader.start(counting.open(`${STORE}/${FIRST}`, "read"), FIRST, content.length);
  let records = 0;
  for (let outcome = reader.next(); outcome !== "end"; outcome = reader.next()) {
    if (outcome === "record") records++;
    else reader.fill();
  }
  expect(records).toBe(50);
  expect(bytesRead).toBe(content.length);
});

test("bytes behind the size are not looked at", () => {
  const content = frames(filled(1, 10), filled(2, 10));
  expect(readThrough(content, "own", 38)).toMatchObject({ outcome: "end", end: 38 });
  expect(readThrough(content, "own", 50)).toMatchObject({ outcome: "truncated", end: 38 });
});

test("a start in the middle finds the frames from there on", () => {
  const content = frames(filled(1, 10), filled(2, 10));
  expect(readThrough(content, "own", content.length, 38).copies).toEqual([filled(2, 10).payload]);
});

test("a frame that claims more than the segment has costs no memory", () => {
  const forged = frames(raw(1, "x")).slice(0, 24);
  new DataView(forged.buffer).setUint32(20, 64 << 20, true);
  const content = concat(frames(filled(1, 10)), forged, new Uint8Array(100));
  expect(readThrough(content, "own")).toMatchObject({ outcome: "truncated", end: 38, fills: 1 });
});

test("a file that has become shorter than its size said is an error, and no evidence", () => {
  const reader = new SegmentReader(crc32c);
  const content = frames(filled(1, 10));
  reader.start(openSegment(content), "the-path", 100);
  reader.next();
  expect(thrownBy(() => reader.fill())).toMatchObject({
    code: "ERR_DATAWAL_SEGMENT_CHANGED",
    path: "the-path",
    expected: 100,
    actual: 38,
  });
});
