import type { LongOperationOptions } from "@datawal/safeatomic";
import { ownOptions, runAsync, type Steps } from "@datawal/safeatomic/internal";

/** The asynchronous operations that a handle has under way: closing the handle ends them (disk-rules R13). */
export class LongOperations {
  /** Made when something runs that may have to be ended: most handles never need it. */
  #ending: AbortController | undefined;
  #endReason: (() => unknown) | undefined;
  readonly #running = new Set<Promise<unknown>>();

  /** Runs one to its end, until its own signal aborts it, or until {@link end}. */
  async run<T>(steps: Steps<T>, options: LongOperationOptions = {}): Promise<T> {
    const signal = this.endingSignal(ownOptions(options).signal);
    const running = runAsync(steps, { ...options, signal });
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Aborts when `signal` does, and when {@link end} is called: also for a wait for something foreign. */
  endingSignal(signal: AbortSignal | undefined): AbortSignal {
    if (this.#ending === undefined) {
      this.#ending = new AbortController();
      if (this.#endReason) this.#ending.abort(this.#endReason());
    }
    const ending = this.#ending.signal;
    return signal ? AbortSignal.any([signal, ending]) : ending;
  }

  /** Ends all at their next progress step, and those that begin later at once: they reject with the reason made here. */
  end(makeReason: () => unknown): void {
    this.#endReason = makeReason;
    this.#ending?.abort(makeReason());
  }

  /** Resolves when none is under way, whatever became of them. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running);
  }
}
