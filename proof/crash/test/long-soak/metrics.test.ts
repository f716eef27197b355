import { expect, test } from "vitest";
import { isTooSteep, type Row, trendsOf } from "../../src/long-soak/metrics.js";
import { csvOf, svgOf } from "../../src/long-soak/picture.js";
import { slopeOf } from "../../src/long-soak/slope.js";

const MIB = 1024 * 1024;
const points = (value: (second: number) => number, count = 20) =>
  Array.from({ length: count }, (_, second) => ({ seconds: second, value: value(second) }));

test("a slope is that of the last three quarters, whatever single samples say", () => {
  expect(slopeOf(points((second) => 3 * second))).toEqual({ perSecond: 3, seconds: 14 });
  expect(slopeOf(points((second) => (second < 5 ? 100 * second : 500)))?.perSecond).toBe(0);
  expect(slopeOf(points((second) => (second % 7 === 0 ? 1e9 : 2 * second)))?.perSecond).toBeCloseTo(2, 1);
  expect(slopeOf(points(() => 1, 5))).toBeUndefined();
});

/** Two lives of a writer; `heapBytes` of it and of the readers as told. */
function rowsOf(writer: (second: number) => number, readers: (second: number) => number): Row[] {
  return [1, 2].flatMap((life) =>
    points(writer).map(({ seconds, value }) => {
      const elapsed = (life - 1) * 20 + seconds;
      const readerHeapBytes = readers(elapsed);
      return { ...NOTHING, elapsed, seconds, life, heapBytes: value, readerHeapBytes };
    }),
  );
}

const NOTHING: Row = {
  elapsed: 0,
  seconds: 0,
  life: 0,
  readers: 0,
  rssBytes: 0,
  heapBytes: 0,
  descriptors: 0,
  files: 0,
  diskBytes: 0,
  steps: 0,
  p50Us: 0,
  p99Us: 0,
  maxUs: 0,
  readerRssBytes: 0,
  readerHeapBytes: 0,
  readerDescriptors: 0,
};

const steepIn = (rows: readonly Row[]) => trendsOf(rows).filter(isTooSteep);
const flat = () => 10 * MIB;

test("a heap that grows in each life is too steep, though a kill takes it back", () => {
  expect(steepIn(rowsOf(flat, flat))).toEqual([]);
  expect(steepIn(rowsOf((second) => second * MIB, flat)).map(({ metric }) => metric.title)).toEqual([
    "heap, writer",
  ]);
  expect(steepIn(rowsOf(flat, (second) => second * MIB)).map(({ metric }) => metric.title)).toEqual([
    "heap, readers",
  ]);
});

test("the table has a line for each sample, the picture a line for each life", () => {
  const rows = rowsOf(flat, flat);
  expect(csvOf(rows).split("\n")).toHaveLength(42);
  expect(svgOf(rows, "soak: <passed>").match(/<polyline/g)).toHaveLength(18);
  expect(svgOf(rows, "soak: <passed>")).toContain("soak: &lt;passed>");
});
