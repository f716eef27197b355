/**
 * Follows the txids of records in physical order.
 *
 * Kept as two 32-bit halves: a bigint per record would be an allocation per record.
 */
export class TxidOrder {
  #lastLow = 0;
  #lastHigh = 0;
  #maxLow = 0;
  #maxHigh = 0;
  #isEmpty = true;

  /** Takes the next record's txid. */
  push(low: number, high: number): void {
    this.#isEmpty = false;
    this.#lastLow = low;
    this.#lastHigh = high;
    if (high > this.#maxHigh || (high === this.#maxHigh && low > this.#maxLow)) {
      this.#maxLow = low;
      this.#maxHigh = high;
    }
  }

  /** Whether this txid may follow: it is the last one's plus `step`, 1 or 2, or the first of all. */
  accepts(low: number, high: number, step: number): boolean {
    if (this.#isEmpty) return true;
    const nextLow = (this.#lastLow + step) >>> 0;
    return low === nextLow && high === this.#lastHigh + (nextLow < step ? 1 : 0);
  }

  /** The last record's txid; 0 before the first. */
  get last(): bigint {
    return toTxid(this.#lastLow, this.#lastHigh);
  }

  /** The largest txid so far; 0 before the first. */
  get max(): bigint {
    return toTxid(this.#maxLow, this.#maxHigh);
  }
}

function toTxid(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low);
}
