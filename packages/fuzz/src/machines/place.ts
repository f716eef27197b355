import type { Crash } from "../arbitraries/operation.js";

/** What may have to be waited for: a subject may live in another process, and in another language. */
export type Awaitable<T> = T | PromiseLike<T>;

/** Where a log or a store is kept, and what can happen to it there. */
export interface Place<Writer, Reader> {
  /** Opens for writing, in the same place as before; makes it the first time. */
  open(): Awaitable<Writer>;
  /** Opens beside a writer; where it is left out nobody reads beside. Called only when there is a store. */
  openReader?(): Awaitable<Reader>;
  /** Ends the process that writes, without a word to it: kills it, or cuts its power. Where a power cut cannot be had, kills. */
  crash(how: Pick<Crash, "how" | "choice">): Awaitable<unknown>;
  /** Whether readers go on where the writer was killed: they are processes of their own. */
  readonly doReadersSurviveKills: boolean;
  /** Whether its `crash` cuts the power: else every crash is a kill, and loses nothing. */
  readonly hasPowerCuts: boolean;
  /** Closes what is open, and removes all. */
  remove(): Awaitable<unknown>;
}

/**
 * How often a follower is looked at before it is given up: a millisecond lies in between, and longer where the machine has other
 * things to do, which keep the follower, too.
 */
const LOOKS_MAX = 5_000;

/** Waits until a follower has got there. @throws Error that tells what it had instead */
export async function untilFollowed<T>(
  read: () => Awaitable<T>,
  isThere: (found: T) => boolean,
  tell: (found: T) => string,
): Promise<T> {
  for (let looks = 1; ; looks++) {
    const found = await read();
    if (isThere(found)) return found;
    if (looks === LOOKS_MAX) throw new Error(`a follower did not get there: ${tell(found)}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
