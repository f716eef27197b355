import { nextTurn, nowMs } from "@datawal/safeatomic";

/** How long an asynchronous iteration keeps the event loop; the same as for other long operations. */
const TURN_AFTER_MS = 8;

/**
 * Makes a function to be called between pieces of work: it returns a promise to await once 8 ms have passed since
 * the last turn of the event loop, and `undefined` before.
 */
export function turnTaker(): () => Promise<void> | undefined {
  let startMs = nowMs();
  return () => {
    if (nowMs() - startMs < TURN_AFTER_MS) return undefined;
    return nextTurn().then(() => {
      startMs = nowMs();
    });
  };
}
