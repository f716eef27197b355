import { withFaults } from "@datawal/safeatomic/testing";
import { expect, test } from "vitest";
import { nonZeroRuns } from "../../src/repair/non-zero-runs.js";
import { diskWith, STORE } from "../kit/store-files.js";

const GAP = 64 * 1024;

interface Found {
  runs: [offset: number, byteCount: number][];
  readBytes: number;
  stepCount: number;
}

/** Bytes that are zero but for some, behind `before` bytes of something else. */
function find(byteCount: number, places: readonly number[], before = 0): Found {
  const content = new Uint8Array(before + byteCount);
  content.fill(5, 0, before);
  for (const place of places) content[before + place] = 1;
  const found: Found = { runs: [], readBytes: 0, stepCount: 0 };
  const disk = withFaults(diskWith({ file: content }), (call) => {
    found.readBytes += call.byteCount ?? 0;
  });
  const path = `${STORE}/file`;
  const file = disk.open(path, "read");
  const steps = nonZeroRuns({ file, path, offset: before, byteCount });
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done) {
      found.runs = step.value.map((run) => [run.offset - before, run.byteCount]);
      return found;
    }
    found.stepCount++;
  }
}

test("zeros have no runs, whatever stands before them", () => {
  for (const byteCount of [0, 1, GAP, 5 * GAP + 7]) expect(find(byteCount, [], 100).runs).toEqual([]);
});

test("fewer zeros than 64 KiB belong to the runs around them, wherever they lie to what is read at once", () => {
  for (const shift of [0, 1, GAP - 1, GAP, 2 * GAP - 1, 3 * GAP + 5]) {
    const place = 4 * GAP + shift;
    expect(find(20 * GAP, [place, place + GAP]).runs).toEqual([[place, GAP + 1]]);
    expect(find(20 * GAP, [place, place + GAP + 1]).runs).toEqual([
      [place, 1],
      [place + GAP + 1, 1],
    ]);
  }
});

test("so do those at the edges: a short tail is one run, whole", () => {
  expect(find(100, [3]).runs).toEqual([[0, 100]]);
  expect(find(4 * GAP, [GAP - 1, 3 * GAP]).runs[0]![0]).toBe(0);
  expect(find(4 * GAP, [GAP, 3 * GAP + 5]).runs).toEqual([
    [GAP, 1],
    [3 * GAP + 5, GAP - 5],
  ]);
});

/** A byte each 64 KiB of 3 GiB would have been 49,000 files. */
test("there are never more than 256: where there would be, neighbours are one", () => {
  const places = Array.from({ length: 1000 }, (_, index) => index * (GAP + 1));
  const byteCount = 1001 * (GAP + 1);
  const { runs, readBytes, stepCount } = find(byteCount, places);
  expect(runs.length).toBeLessThanOrEqual(256);
  for (const place of places)
    expect(runs.some(([offset, length]) => place >= offset && place < offset + length)).toBe(true);
  expect(readBytes).toBe(byteCount);
  expect(stepCount).toBe(Math.ceil(byteCount / (2 * GAP)));
});
