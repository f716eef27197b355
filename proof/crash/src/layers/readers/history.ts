import type { SimulatedDisk } from "@datawal/safeatomic/testing";
import type { Change } from "./changes.js";
import { RecordingDisk, type Step } from "./recording-disk.js";

/** A change that was made once, with nobody beside it. */
export interface History {
  change: Change;
  /** The disk before the change: a new one with every call. */
  prepare(): SimulatedDisk;
  steps: readonly Step[];
}

export function historyOf(change: Change): History {
  const recording = new RecordingDisk(change.prepare());
  change.make(recording);
  return { change, prepare: change.prepare, steps: recording.steps };
}
