import type { Steps } from "@datawal/safeatomic/internal";
import { type FileRange, isZero, readRange } from "../store/file-range.js";

/** Bytes of a file. */
export type Run = Pick<FileRange, "offset" | "byteCount">;

/** Fewer zeros between two runs, before the first or behind the last belong to them. No two lie in a piece of this size. */
const GAP_BYTES = 64 * 1024;
/** Of how many runs a range may consist: where there would be more, those next to each other are one. */
const RUNS_MAX = 256;

/** The stretches of a range that are worth keeping: what lies between them is zero. */
export function* nonZeroRuns(range: FileRange): Steps<Run[]> {
  let runs: Run[] = [];
  let gapBytes = GAP_BYTES;
  let offset = range.offset;
  yield* readRange(range, (chunk) => {
    for (let at = 0; at < chunk.length; at += GAP_BYTES) {
      const piece = chunk.subarray(at, at + GAP_BYTES);
      if (!isZero(piece)) addRun(runs, trimmed(piece, offset + at), gapBytes);
    }
    offset += chunk.length;
    while (runs.length > RUNS_MAX) {
      gapBytes *= 2;
      runs = joined(runs, gapBytes);
    }
  });
  const end = range.offset + range.byteCount;
  const [first, last] = [runs[0], runs.at(-1)];
  if (first && first.offset - range.offset < GAP_BYTES) {
    first.byteCount += first.offset - range.offset;
    first.offset = range.offset;
  }
  if (last && end - (last.offset + last.byteCount) < GAP_BYTES) last.byteCount = end - last.offset;
  return runs;
}

function addRun(runs: Run[], next: Run, gapBytes: number): void {
  const last = runs.at(-1);
  if (last && next.offset - (last.offset + last.byteCount) < gapBytes)
    last.byteCount = next.offset + next.byteCount - last.offset;
  else runs.push(next);
}

function joined(runs: readonly Run[], gapBytes: number): Run[] {
  const fewer: Run[] = [];
  for (const run of runs) addRun(fewer, run, gapBytes);
  return fewer;
}

/** @param bytes not all of them zero. */
function trimmed(bytes: Uint8Array, offset: number): Run {
  let start = 0;
  let end = bytes.length;
  while (bytes[start] === 0) start++;
  while (bytes[end - 1] === 0) end--;
  return { offset: offset + start, byteCount: end - start };
}
