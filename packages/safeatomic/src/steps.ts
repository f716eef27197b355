import { turnTaker } from "./event-loop.js";
import { ownOptions } from "./own-options.js";

/** A moment of a long operation at which it may be watched, or given up: nothing half-done is lost here. */
export interface ProgressStep {
  kind: "progress";
  bytesDone: number;
  bytesTotal: number;
}

/** A moment at which the operation waits: for the device, for another program, for whoever feeds it. */
export interface WaitStep {
  kind: "wait";
  wait(): unknown;
  /** The same on this thread. */
  waitSync(): unknown;
}

/**
 * A long operation, written once and driven by {@link runSync} or {@link runAsync}. It reads and writes in pieces of
 * at most 1 MiB and yields between them. It yields no progress after the rename that publishes its result, so that
 * whatever is aborted has published nothing. What goes wrong during a step is thrown into the generator at its
 * `yield`, so that its `finally` blocks run.
 */
export type Steps<T> = Generator<ProgressStep | WaitStep, T, void>;

export interface Progress {
  bytesDone: number;
  bytesTotal: number;
}

export interface LongOperationOptions {
  /** Ends the operation at its next progress step: it rejects with `signal.reason` and has published nothing. */
  signal?: AbortSignal | undefined;
  /**
   * Called between pieces of work. A promise (or any thenable) that it returns holds an asynchronous operation back until
   * it settles or the operation is given up, and ends it if it rejects; an operation on this thread does not wait.
   */
  onProgress?: ((progress: Progress) => unknown) | undefined;
}

/** Runs to the end on this thread, waiting as it goes. */
export function runSync<T>(steps: Steps<T>, given: LongOperationOptions = {}): T {
  const options = ownOptions(given);
  let step = steps.next();
  while (!step.done) {
    try {
      if (step.value.kind === "wait") step.value.waitSync();
      else {
        reportProgress(step.value, options);
        options.signal?.throwIfAborted();
      }
    } catch (error) {
      step = steps.throw(error);
      continue;
    }
    step = steps.next();
  }
  return step.value;
}

/**
 * Runs to the end with waits off the main thread and a turn for the event loop after every 5 ms. What comes
 * before the first step has happened when the call returns its promise.
 */
export async function runAsync<T>(steps: Steps<T>, given: LongOperationOptions = {}): Promise<T> {
  const options = ownOptions(given);
  const takeTurn = turnTaker();
  let step = steps.next();
  while (!step.done) {
    try {
      if (step.value.kind === "wait") await step.value.wait();
      else {
        const turn = takeTurn();
        if (turn) await turn;
        const answer = reportProgress(step.value, options);
        if (isThenable(answer)) await untilAborted(answer, options.signal);
        options.signal?.throwIfAborted();
      }
    } catch (error) {
      step = steps.throw(error);
      continue;
    }
    step = steps.next();
  }
  return step.value;
}

function reportProgress({ bytesDone, bytesTotal }: ProgressStep, options: LongOperationOptions): unknown {
  return options.onProgress?.({ bytesDone, bytesTotal });
}

/**
 * The same with no moment at which it is watched or given up: what goes wrong in it, the disk has done.
 *
 * @param afterWait What it throws ends the operation.
 */
export function* withoutProgress<T>(steps: Steps<T>, afterWait: () => void): Steps<T> {
  let step = steps.next();
  while (!step.done) {
    try {
      if (step.value.kind === "wait") {
        yield step.value;
        afterWait();
      }
    } catch (error) {
      step = steps.throw(error);
      continue;
    }
    step = steps.next();
  }
  return step.value;
}

/** Waits in the form that the driver has; returns what was waited for. */
export function* waitFor<T>(later: () => T | Promise<T>, here: () => T): Steps<T> {
  let result: T | undefined;
  const wait = async () => {
    result = await later();
  };
  const waitSync = () => {
    result = here();
  };
  yield { kind: "wait", wait, waitSync };
  return result as T;
}

/** Waits for what a caller answered, which may wait for this very operation. */
function untilAborted(answer: PromiseLike<unknown>, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      signal?.removeEventListener("abort", end);
      resolve();
    };
    signal?.addEventListener("abort", end);
    if (signal?.aborted) end();
    answer.then(end, reject);
  });
}

/** Not `instanceof`: promises of another realm, or of a library, are promises. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

/** Syncs a file. */
export function* fsyncFile(file: { fsync(): Promise<void>; fsyncSync(): void }): Steps<void> {
  yield { kind: "wait", wait: () => file.fsync(), waitSync: () => file.fsyncSync() };
}
