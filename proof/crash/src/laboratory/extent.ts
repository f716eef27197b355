/** How much a run looks at: `ci` before a change lands, `nightly` all that a night has room for. */
export const RUN_LENGTHS = ["ci", "nightly"] as const;
export type RunLength = (typeof RUN_LENGTHS)[number];

/** Which cases a run draws, and how many. */
export interface Extent {
  /** Seeds everything that is drawn. */
  seed: number;
  length: RunLength;
}
