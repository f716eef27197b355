import type { Ledger } from "../differences/ledger.js";
import type { Scratch } from "../kit/scratch.js";

/** One part of the comparison: what `--only` names, and a row of the table. */
export interface Section {
  name: string;
  /** What a case is. */
  unit: string;
  run(stage: Stage): Promise<SectionResult>;
}

export interface Stage {
  seed: number;
  /** What the number of random cases is multiplied by: 1 in a full run. */
  scale: number;
  /** Where this repository lies. */
  repository: string;
  /** The Rust program. */
  program: string;
  /** Bundles of our programs that sections start as children, by entry. */
  bundles: string;
  scratch: Scratch;
  ledger: Ledger;
}

export interface SectionResult {
  cases: number;
  /** Further figures, a line each. */
  facts: string[];
}
