import { tellPoison } from "../events.js";
import { RecordLogError } from "../record-log-error.js";

/**
 * The latch that a failed write, sync or name operation closes: from then on the file may not hold what memory says,
 * so nothing more is written through this handle (disk-rules R5). Opening again proves the tail and heals.
 */
export class Poison {
  readonly #path: string;
  #latched: { reason: string; cause: unknown } | undefined;
  #isUntold = false;

  /** @param path the store's directory, for messages. */
  constructor(path: string) {
    this.#path = path;
  }

  get isLatched(): boolean {
    return this.#latched !== undefined;
  }

  /** Whether no call has thrown it yet: then closing does. */
  get isUntold(): boolean {
    return this.#isUntold;
  }

  /**
   * The first failure wins.
   *
   * @param isTold Whether somebody's call throws it.
   */
  latch(reason: string, cause: unknown, isTold = true): void {
    if (this.#latched) return;
    this.#isUntold = !isTold;
    this.#latched = { reason, cause };
    tellPoison(this.#path, reason, cause);
  }

  /** @throws RecordLogError ERR_DATAWAL_POISONED */
  check(): void {
    if (this.#latched) throw this.error();
  }

  /** The text is the reference's, to the letter. Its cause is the first failure. */
  error(): RecordLogError {
    const { reason, cause } = this.#latched!;
    this.#isUntold = false;
    const message = `datawal: writer poisoned: ${reason}; drop handle and reopen`;
    return new RecordLogError("ERR_DATAWAL_POISONED", message, { path: this.#path, reason }, cause);
  }
}
