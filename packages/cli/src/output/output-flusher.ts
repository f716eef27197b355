import type { Output } from "./output.js";

/** How long a line may wait for others to go out with. */
const FLUSH_AFTER_MS = 10;

/** Writes what an output has gathered, soon: for a command that does not know whether more will come. */
export class OutputFlusher implements Disposable {
  readonly #output: Output;
  readonly #failure = new AbortController();
  /** Aborts when a write fails, with what it failed of. */
  readonly failed = this.#failure.signal;
  #timer: NodeJS.Timeout | undefined;

  constructor(output: Output) {
    this.#output = output;
  }

  flushSoon(): void {
    this.#timer ??= setTimeout(() => this.#flush(), FLUSH_AFTER_MS);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #flush(): void {
    this.#timer = undefined;
    this.#output.flush().catch((error) => this.#failure.abort(error));
  }
}
