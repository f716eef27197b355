import type { Contents, StreamPlan } from "../power-cut/writer/record-stream.js";

/** How a process that writes in a chain is started. */
export interface ChainOrder {
  store: string;
  segmentBytesMax: number;
  contents: Contents;
  /**
   * The real disk, or one that hides the sync note, so that the store has to trust its own fsync; or the real one, and a
   * product whose compaction removes a segment before what it has moved out of it is durable.
   */
  port: "honest" | "hides-note" | "copies-not-synced";
}

/** What it is asked to do, one after the other. */
export type ChainRequest =
  | { do: "open" }
  /** As one group, if it is one. */
  | { do: "append"; stream: StreamPlan; count: number; isMarked: boolean; isGroup: boolean }
  /** Compacts in place, and appends a record of the stream now and then. */
  | { do: "compact"; stream: StreamPlan }
  | { do: "fsync" | "fsyncSync" | "rotate" | "close" };

/** What came of it. */
export interface ChainAnswer {
  /** How many records the log holds now, as far as its handle knows; of a store that is compacted, since it was opened. */
  records: number;
  /** Of the pairs that were found, where it is compacted. */
  pairs?: string;
  /** What the recovery report warns of. */
  warnings: string[];
  /** The code of the refusal, and of its cause. */
  refused?: string;
}

/** In every 512 bytes of a marked record's payload: by it a disk knows the writes that are to fail. */
export const MARKER = "THIS WRITE FAILS";
