import type { OracleRecord } from "@datawal/oracle";
import type { Performer } from "./performer.js";
import type { Place } from "./place.js";
import type { Plan } from "./planned-records.js";
import type { Testimony } from "./testimony.js";

/** What a child does, and what must be true of its files afterwards besides the oracle's sentences on the store. */
export interface Workload {
  name: string;
  plan: Plan;
  /** Whether the store is compacted in place: then its pairs are told, and not its records. */
  isCompacted?: boolean;
  /** Puts down what the child finds. In the laboratory. */
  prepare(place: Place, seed: number): Prepared;
  /** In the child. */
  perform(performer: Performer): Promise<void>;
  /** Called when the store has been opened again and found right. In the laboratory. */
  inspect?(aftermath: Aftermath): void;
}

export interface Prepared {
  /** How many of the planned records are in the store, durable. */
  existingCount: number;
  /** Valid frames that the next open cuts off, and that must never be back. */
  discarded: readonly OracleRecord[];
  /** What the next open cuts off, and keeps. */
  tail: Uint8Array;
}

export const NOTHING_PREPARED: Prepared = { existingCount: 0, discarded: [], tail: new Uint8Array(0) };

export interface Aftermath {
  place: Place;
  seed: number;
  prepared: Prepared;
  testimony: Testimony;
  /** What was recovered. */
  records: readonly OracleRecord[];
}

/** All system calls on one thread, or syncs of asynchronous calls on the thread pool's. */
export type Form = "sync" | "async";
export const FORMS: readonly Form[] = ["sync", "async"];

/** What a child is told. */
export interface Order {
  workload: string;
  form: Form;
  seed: number;
  place: Place;
  /** Whether to say that a record is in the kernel before it is handed over: a planted fault. */
  isLiar: boolean;
}
