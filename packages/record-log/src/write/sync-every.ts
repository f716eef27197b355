import { nowMs, runAfter } from "@datawal/safeatomic/internal";

/** Has what is appended synced, though nobody asks for it, at most so long after. */
export class SyncEvery {
  readonly #everyMs: number;
  readonly #sync: () => void;
  /** When the first append that is not taken care of must be synced; `undefined` where there is none. */
  #dueMs: number | undefined;
  #callOff: () => void = () => {};

  /** @param sync Begins a sync of all that has been appended, or has one begun as soon as none is in flight. */
  constructor(everyMs: number, sync: () => void) {
    this.#everyMs = everyMs;
    this.#sync = sync;
  }

  /**
   * To be called behind each append: it begins a sync itself where the event loop got no turn for the timer.
   *
   * @param mayBegin Otherwise that is left to a later append, or the timer.
   */
  appended(mayBegin: boolean): void {
    if (this.#dueMs === undefined) {
      this.#dueMs = nowMs() + this.#everyMs;
      this.#callOff = runAfter(this.#everyMs, () => this.#due());
    } else if (mayBegin && nowMs() >= this.#dueMs) this.#due();
  }

  end(): void {
    this.#callOff();
    this.#dueMs = undefined;
  }

  #due(): void {
    this.end();
    this.#sync();
  }
}
