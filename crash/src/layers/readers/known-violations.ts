import { ONE_STATE } from "./attempt.js";

/** Kinds of violations that are known and not mended yet: told loudly with each run, and not failing it. */
export const KNOWN_VIOLATIONS: ReadonlySet<string> = new Set([
  // The head is dropped and a record appended between the reads of the first and of the last segment.
  `open beside drop: ${ONE_STATE}`,
  `refresh beside drop: ${ONE_STATE}`,
  `snapshotTo beside drop: ${ONE_STATE}`,
  `verifyLog beside drop: ${ONE_STATE}`,
  // A reference names a place and a length, and a repair has put another record of that length there.
  `read beside repair of rot: ${ONE_STATE}`,
  `refresh that is given up beside repair of rot: ${ONE_STATE}`,
]);
