import { errnoOf, SafeatomicError } from "./safeatomic-error.js";
import type { Steps } from "./steps.js";

/**
 * Runs what comes after a change that others can see, so that its failure is not taken for "nothing happened".
 *
 * @param advice What to do about it.
 */
export function* afterChange<T>(path: string, finish: () => Steps<T>, advice = "do it again"): Steps<T> {
  try {
    return yield* finish();
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    const message = `${path}: the change is in place, but making it durable failed with ${errno}: a power cut may undo it; check the device, then ${advice}`;
    throw new SafeatomicError("ERR_DATAWAL_CHANGE_NOT_DURABLE", message, { path, errno }, error);
  }
}
