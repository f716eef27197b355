import { ALLOWED, ONE_STATE } from "./attempt.js";

/** Kinds of violations that are known and not mended yet: told loudly with each run, and not failing it. */
export const KNOWN_VIOLATIONS: ReadonlySet<string> = new Set([
  // What was read of a log is not what its head was when the last segment was read.
  `verifyLog beside drop: ${ONE_STATE}`,
  `datawal scan beside drop: ${ONE_STATE}`,
  `datawal get beside drop: ${ONE_STATE}`,
  `datawal verify beside drop: ${ONE_STATE}`,
  // A reference names a place and a length, and a repair has put another record of that length there.
  `read beside repair of rot: ${ONE_STATE}`,
  `refresh that is given up beside repair of rot: ${ONE_STATE}`,
  // The sync note that was read before the repair asks for more than stands there behind it.
  `verifyLog beside repair of rot: ${ONE_STATE}`,
  `datawal verify beside repair of rot: ${ONE_STATE}`,
  // A swap between the reading of a torn tail and the search behind it: ENOENT instead of ERR_DATAWAL_READER_STALE.
  `open of pairs beside compact, swap and put, twice: ${ALLOWED}`,
]);
