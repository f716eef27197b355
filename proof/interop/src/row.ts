import type { DeviationId } from "./differences/deviations.js";

/** What came of a section. */
export interface Row {
  name: string;
  unit: string;
  cases: number;
  facts: string[];
  seconds: number;
  /** Differences that the list permits, and how often they were seen. */
  listed: [DeviationId, number][];
  /** Differences that it does not permit, and demands that were not met. */
  failures: string[];
}
