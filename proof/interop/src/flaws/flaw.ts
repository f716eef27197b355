import type { Scratch } from "../kit/scratch.js";
import type { ReferenceProcess } from "../reference/reference-process.js";
import type { Reference } from "../sides/reference.js";

/** A way in which the reference loses data, made to happen; and what we do with the same bytes. */
export interface Flaw {
  title: string;
  /** What is done, for people. */
  steps: string;
  show(stage: FlawStage): Promise<FlawShown>;
}

export interface FlawStage {
  reference: Reference;
  process: ReferenceProcess;
  scratch: Scratch;
}

export interface FlawShown {
  /** What the reference does, in a sentence, and whether that loses data. */
  reference: Finding;
  /** What we do, and whether that is right. */
  ours: Finding;
}

export interface Finding {
  text: string;
  isSo: boolean;
}
