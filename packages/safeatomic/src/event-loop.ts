import { performance } from "node:perf_hooks";
import timers from "node:timers";
import timersPromises from "node:timers/promises";

// Taken once, at load, and from Node's modules: a test that fakes the global timers, or Node's own, would stop syncs.
// Not process.nextTick: under jest the module node:process is the test's, which may be faked before this is loaded.
const { setImmediate, clearTimeout } = timers;
const startTimer = timers.setTimeout;
const { setTimeout } = timersPromises;

/** Milliseconds since some moment. */
export const nowMs: () => number = performance.now.bind(performance);

/** Calls back behind all that is under way, promises included. */
export function runSoon(work: () => void): void {
  setImmediate(work);
}

/** Calls back later. @returns Calls that off. */
export function runAfter(ms: number, work: () => void): () => void {
  const timer = startTimer(work, ms);
  return () => clearTimeout(timer);
}

/** Gives the event loop a turn. */
export function nextTurn(): Promise<void> {
  return new Promise(runSoon);
}

/** How long an asynchronous operation or iteration keeps the event loop before it gives it a turn. */
const TURN_AFTER_MS = 5;

/**
 * Makes a function to be called between pieces of work: it returns a promise to await once 5 ms have passed since
 * the last turn of the event loop that it gave, and `undefined` before.
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

/** Waits; an abort ends it with an error of Node's. */
export function sleep(ms: number, options?: { signal: AbortSignal }): Promise<void> {
  return setTimeout(ms, undefined, options);
}
