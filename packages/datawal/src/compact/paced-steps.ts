import { isRecordLogError } from "@datawal/record-log";
import { type ProgressStep, runSoon, type Steps, type WaitStep } from "@datawal/safeatomic/internal";

export type Outcome<T> = { result: T } | { error: unknown };

/** So much may be put before the operation counts as behind, and then between two pieces of it. */
const SLACK_BYTES = 64 * 1024;
/** It goes on by no more at once, some milliseconds; a wait, of which each segment has a few, counts as so many. */
const [PIECE_BYTES, WAIT_BYTES] = [512 * 1024, 32 * 1024];

/**
 * A long operation beside a writer that gives the event loop few turns, or none: where it falls behind what is put, the
 * puts themselves take it further, and it waits on their thread.
 */
export class PacedSteps<T> {
  readonly #inner: Steps<T>;
  readonly #bytesDonePerBytePut: number;
  readonly #appendedBytes: () => number;
  readonly #onOver: (outcome: Outcome<T>) => void;
  /** Where it stands; `undefined` before it has begun. */
  #step: ProgressStep | WaitStep | undefined;
  #outcome: Outcome<T> | undefined;
  /** Whether it waits off this thread. */
  #isWaiting = false;
  #bytesDone = 0;
  readonly #bytesBefore: number;
  /** What it has appended itself. */
  #ownBytes = 0;
  #bytesPutAtPiece = 0;

  /**
   * @param bytesDonePerBytePut So many bytes of its own it is to have done for each that was put since it began.
   * @param appendedBytes Bytes that were appended to the store, ever, by the operation, too.
   * @param onOver Called once, when it has come to its end, whoever has brought it there.
   */
  constructor(
    inner: Steps<T>,
    bytesDonePerBytePut: number,
    appendedBytes: () => number,
    onOver: (outcome: Outcome<T>) => void,
  ) {
    this.#inner = inner;
    this.#bytesDonePerBytePut = bytesDonePerBytePut;
    this.#appendedBytes = appendedBytes;
    this.#onOver = onOver;
    this.#bytesBefore = appendedBytes();
  }

  /** Those to be run beside. The first one lets the put return that led here. */
  *steps(): Steps<T> {
    yield { kind: "wait", wait: () => new Promise<void>(runSoon), waitSync: () => {} };
    if (!this.#step && !this.#outcome) this.#advance(() => this.#inner.next());
    while (!this.#outcome) {
      const step = this.#step!;
      try {
        if (step.kind === "wait" && this.#isBehind && this.#waitHere(step)) continue;
        this.#isWaiting = step.kind === "wait";
        yield step;
        if (this.#step === step) this.#advance(() => this.#inner.next());
      } catch (error) {
        this.#advance(() => this.#inner.throw(error));
      } finally {
        this.#isWaiting = false;
      }
    }
    if ("error" in this.#outcome) throw this.#outcome.error;
    return this.#outcome.result;
  }

  /** To be called behind puts: goes on where the operation is behind. */
  push(): void {
    while (this.#bytesPut - this.#bytesPutAtPiece >= SLACK_BYTES) {
      this.#bytesPutAtPiece += SLACK_BYTES;
      this.#goOn();
    }
  }

  #goOn(): void {
    let end = this.#bytesDone + PIECE_BYTES;
    while (!this.#isWaiting && !this.#outcome) {
      // A piece ends at a progress step: only there the operation may be given up.
      if (this.#step?.kind === "wait") {
        if (!this.#waitHere(this.#step)) return;
        end -= WAIT_BYTES;
      } else if (this.#isBehind && this.#bytesDone < end) this.#advance(() => this.#inner.next());
      else return;
    }
  }

  /** @returns Whether that can be: one that waits for others of this thread cannot. */
  #waitHere(step: WaitStep): boolean {
    try {
      step.waitSync();
    } catch (error) {
      if (isRecordLogError(error, "ERR_DATAWAL_REENTRANT")) return false;
      this.#advance(() => this.#inner.throw(error));
      return true;
    }
    this.#advance(() => this.#inner.next());
    return true;
  }

  #advance(resume: () => IteratorResult<ProgressStep | WaitStep, T>): void {
    if (this.#outcome) return;
    const before = this.#appendedBytes();
    try {
      const { done, value } = resume();
      if (done) this.#outcome = { result: value };
      else this.#step = value;
    } catch (error) {
      this.#outcome = { error };
    }
    this.#ownBytes += this.#appendedBytes() - before;
    // What it is made of tells of its own progress.
    if (this.#step?.kind === "progress") this.#bytesDone = Math.max(this.#bytesDone, this.#step.bytesDone);
    if (this.#outcome) this.#onOver(this.#outcome);
  }

  get #isBehind(): boolean {
    return this.#bytesDone < this.#bytesDonePerBytePut * (this.#bytesPut - SLACK_BYTES);
  }

  /** Since it began. */
  get #bytesPut(): number {
    return this.#appendedBytes() - this.#ownBytes - this.#bytesBefore;
  }
}
