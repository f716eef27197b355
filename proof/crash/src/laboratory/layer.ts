import type { Sentence } from "@datawal/oracle";
import type { Extent } from "./extent.js";

/** One layer of the laboratory, or one slice of it: what a process of its own runs from beginning to end. */
export interface Layer {
  /** As the table names it, and `--layer` takes it: `L2 failing calls`. */
  name: string;
  /** How many processes share its cases; 1 when absent. */
  slices?: number;
  /** Whether it runs in a night only. */
  onlyNightly?: boolean;
  /** Why it cannot run on this machine, or nothing. */
  missing?(): string | undefined;
  run(task: LayerTask): Promise<LayerResult>;
}

export interface LayerTask extends Extent {
  /** One case alone, as a violation names it. */
  case: string | undefined;
  /** Which part of the cases this process runs: `index` of `count`. */
  slice: { index: number; count: number };
  /** Whether to end with the first violation, as a mutant's run does. */
  stopsAtFirst: boolean;
  /** Cases whose names begin so come before the others; all do where it is empty. Heeded by the mutants' suite. */
  first: string;
}

export interface LayerResult {
  /** Cases run. */
  cases: number;
  /** A number for each distinct state among them, so that slices can be counted together; absent where every case is one. */
  states?: ReadonlySet<number> | undefined;
  /** What the distinct states are made of: a class's name to how many there are of it. */
  classes?: Readonly<Record<string, number>> | undefined;
  violations: Violation[];
  /** Further figures, a line each. */
  facts: string[];
}

export interface Violation {
  /** The sentence of the oracle, or what else the layer demands. */
  sentence: Sentence | string;
  /** What `--case` takes to see it again. */
  case: string;
  /** What happened, from the first operation to the sentence that broke. */
  story: string;
}
