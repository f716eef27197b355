import { ownOptions } from "./own-options.js";
import { runAsync, type Steps } from "./steps.js";
import type { FileOptions } from "./write-options.js";

/** Many times what keeps libuv's four threads busy, and a quarter of a low limit of open files (256, on macOS). */
const RUNNING_MAX = 64;

let runningCount = 0;
const waiting: (() => void)[] = [];

/** As {@link runAsync}, but no more than 64 at once: each has a file or a directory open. The others wait. */
export async function runInTurn<T>(steps: Steps<T>, options: FileOptions): Promise<T> {
  if (runningCount < RUNNING_MAX) runningCount += 1;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    // Nothing of the caller's is waited for meanwhile: it could wait for a turn, and keep its own for ever.
    return await runAsync(steps, { signal: ownOptions(options).signal });
  } finally {
    const next = waiting.shift();
    if (next) next();
    else runningCount -= 1;
  }
}
