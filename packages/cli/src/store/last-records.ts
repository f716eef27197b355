import type { LogRecord } from "@datawal/record-log";

/** The last records of many. */
export class LastRecords {
  readonly #countMax: number;
  readonly #records: LogRecord[] = [];
  #seen = 0;

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  /** @param record Copied. */
  take({ type, txid, key, payload, segment, offset, len }: LogRecord): void {
    if (this.#countMax === 0) return;
    this.#records[this.#seen % this.#countMax] = {
      type,
      txid,
      key: key.slice(),
      payload: payload.slice(),
      segment,
      offset,
      len,
    };
    this.#seen++;
  }

  /** Oldest first. */
  inOrder(): LogRecord[] {
    const oldest = this.#seen % Math.max(this.#records.length, 1);
    return [...this.#records.slice(oldest), ...this.#records.slice(0, oldest)];
  }
}
