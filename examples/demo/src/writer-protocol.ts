import type { Source } from "./input/source.js";

/** What the writer is to do; its one argument, as JSON. */
export interface WriterTask {
  store: string;
  segmentBytesMax: number;
  source: Source;
  /** Operations between two fsyncs. */
  groupSize: number;
}

/** From the writer: the first `acknowledged` operations are durable, an fsync that covers them has returned. */
export interface Acknowledgement {
  acknowledged: number;
}

/** To the writer, for each acknowledgement: go on. */
export const GO_ON = "go on";

/** How many groups the writer may append beyond those it was told to go on for. */
export const GROUPS_AHEAD_MAX = 4;

/** In how many groups the input is written: the writer is never far ahead, so that it cannot end before it is killed. */
const GROUPS = 64;

export function groupSizeFor(operations: number): number {
  return Math.ceil(operations / GROUPS);
}
