import type { Source } from "./source.js";

/** What the demo is about to do with its input. */
export interface Input {
  source: Source;
  /** Operations in it. */
  operations: number;
  /** At how many bytes the store begins its next segment. */
  segmentBytesMax: number;
  /** What it is, and what becomes key and value, in sentences. */
  description: string;
}

const SEGMENT_BYTES_MIN = 1 << 20;
const SEGMENT_BYTES_MAX = 64 << 20;

/** A few segments, whatever the size of the input: so that there is something to see. */
export function segmentBytesFor(inputBytes: number): number {
  return Math.min(SEGMENT_BYTES_MAX, Math.max(SEGMENT_BYTES_MIN, Math.ceil(inputBytes / 4)));
}
