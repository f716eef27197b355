import { errnoOf } from "../../safeatomic-error.js";

/** What Windows says of a file that somebody has open: virus scanners, indexers and readers, most for an instant. */
const HELD: ReadonlySet<string | undefined> = new Set(["EPERM", "EACCES", "EBUSY"]);

/** Half a second in all: one of 64 ms less was enough for every file that was seen to be held and let go. */
const WAITS_MS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/**
 * Calls again while somebody holds the file, within bounds; what the last call throws is thrown.
 *
 * @param waitsMs How long to wait before each further call, on this thread.
 */
export function whileHeld<T>(call: () => T, waitsMs: readonly number[] = WAITS_MS): T {
  for (const waitMs of waitsMs) {
    try {
      return call();
    } catch (error) {
      if (!HELD.has(errnoOf(error))) throw error;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, waitMs);
  }
  return call();
}
