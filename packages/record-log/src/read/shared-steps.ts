import type { ProgressStep, Steps, WaitStep } from "@datawal/safeatomic/internal";

/** A long operation that is under way somewhere, and that whoever cannot wait for it brings to its end on this thread. */
export class SharedSteps {
  /** Whether this is asked from within one of its callbacks. */
  isMoving = false;
  readonly #steps: Steps<void>;
  /** Where it stands; `undefined` at its end. */
  #step: ProgressStep | WaitStep | undefined;
  #failure: { error: unknown } | undefined;

  constructor(steps: Steps<void>) {
    this.#steps = steps;
  }

  /** For the driver that it was begun with. @throws what it throws, whoever has brought it to its end */
  *run(): Steps<void> {
    this.#advance(() => this.#steps.next());
    while (this.#step) {
      try {
        yield this.#step;
      } catch (error) {
        if (!this.#step) throw error;
        this.#advance(() => this.#steps.throw(error));
        continue;
      }
      if (this.#step) this.#advance(() => this.#steps.next());
    }
    if (this.#failure) throw this.#failure.error;
  }

  /** Not while it is moving. @throws what it throws */
  finish(): void {
    while (this.#step) {
      if (this.#step.kind === "wait") this.#step.waitSync();
      this.#advance(() => this.#steps.next());
    }
    if (this.#failure) throw this.#failure.error;
  }

  #advance(move: () => IteratorResult<ProgressStep | WaitStep, void>): void {
    this.isMoving = true;
    try {
      this.#step = move().value ?? undefined;
    } catch (error) {
      this.#step = undefined;
      this.#failure = { error };
    }
    this.isMoving = false;
  }
}
