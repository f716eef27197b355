import { turnOfEventLoop } from "./held-syncs.js";

/** How a promise stands: `pending`, `resolved`, or the code of its error. */
export interface WatchedPromise {
  outcome: string;
  error: unknown;
}

/** Follows a promise from now on, so that its rejection is never unhandled. */
export function watch(promise: Promise<unknown>): WatchedPromise {
  const watched: WatchedPromise = { outcome: "pending", error: undefined };
  promise.then(
    () => {
      watched.outcome = "resolved";
    },
    (error: { code?: string }) => {
      watched.outcome = error.code ?? String(error);
      watched.error = error;
    },
  );
  return watched;
}

/** How they stand once everything that could be told by now has been. */
export async function outcomesOf(...watched: WatchedPromise[]): Promise<string[]> {
  await turnOfEventLoop();
  return watched.map(({ outcome }) => outcome);
}
