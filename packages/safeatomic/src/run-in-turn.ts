import { type LongOperationOptions, runAsync, type Steps } from "./steps.js";

/** Many times what keeps libuv's four threads busy, and a quarter of a low limit of open files (256, on macOS). */
const RUNNING_MAX = 64;

let runningCount = 0;
const waiting: (() => void)[] = [];

/** As {@link runAsync}, but no more than 64 at once: each has a file or a directory open. The others wait. */
export async function runInTurn<T>(steps: Steps<T>, options: LongOperationOptions): Promise<T> {
  if (runningCount < RUNNING_MAX) runningCount += 1;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    return await runAsync(steps, options);
  } finally {
    const next = waiting.shift();
    if (next) next();
    else runningCount -= 1;
  }
}
