import type { StreamPlan } from "./record-stream.js";

/** What a writer is to do until its power is cut. */
export interface WriterOrder {
  store: string;
  /** Where it says what it has done: a file that no power cut touches. */
  testimony: string;
  stream: StreamPlan;
  segmentBytesMax: number;
  /** Of its choices. */
  seed: number;
  /** Records appended between two syncs, at most. */
  appendsPerSyncMax: number;
  /** How often an append is left unsynced: in so many of 16 steps. */
  unsyncedOf16: number;
  /** After how many steps it appends an unsynced tail and rests; undefined: never. */
  restsAfter: number | undefined;
  /** Whether it compacts and exports beside the store, into files whose names begin so. */
  publishTo: string | undefined;
  port: Port;
}

/**
 * The disk a writer is given: the real one, or one that leaves something out. `copies-not-synced`: the real one, and a
 * product whose compaction removes a segment before what it has moved out of it is durable. `torn-groups`: the real one,
 * and a writer that appends one by one what it calls a group.
 */
export type Port =
  | "honest"
  | "no-fsync"
  | "no-directory-fsync"
  | "fdatasync"
  | "copies-not-synced"
  | "torn-groups";
