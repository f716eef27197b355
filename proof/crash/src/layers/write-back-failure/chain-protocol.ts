import type { StreamPlan } from "../power-cut/writer/record-stream.js";

/** How a process that writes in a chain is started. */
export interface ChainOrder {
  store: string;
  segmentBytesMax: number;
  /** The real disk, or one that hides the sync note, so that the store has to trust its own fsync. */
  port: "honest" | "hides-note";
}

/** What it is asked to do, one after the other. */
export type ChainRequest =
  | { do: "open" }
  | { do: "append"; stream: StreamPlan; count: number; isMarked: boolean }
  | { do: "fsync" | "fsyncSync" | "rotate" | "close" };

/** What came of it. */
export interface ChainAnswer {
  /** How many records the log holds now, as far as its handle knows. */
  records: number;
  /** What the recovery report warns of. */
  warnings: string[];
  /** The code of the refusal, and of its cause. */
  refused?: string;
}

/** In every 512 bytes of a marked record's payload: by it a disk knows the writes that are to fail. */
export const MARKER = "THIS WRITE FAILS";
