import { isMoved, type OracleRecord, sameRecord } from "@datawal/oracle";

/** What was done to one store, as its caller knows it: what any later state of it is judged by. */
export class History {
  /** In order; those that are only perhaps there included, since a call had begun when the process died. */
  appended: OracleRecord[] = [];
  /** How many of them, from the first, were told to be durable. */
  acknowledged = 0;
  /** What a completed open for writing reported as gone. */
  discarded: OracleRecord[] = [];
  /** With how many records missing at its front the log may begin: where it was, and where head drops led. */
  droppedCounts: readonly number[] = [0];
  /** Txids of what compaction in place removes. */
  mayLack: ReadonlySet<bigint> = new Set();
  #events = "";

  append(record: OracleRecord): void {
    this.appended.push(record);
    // A deletion of the same key under the same txid is the same record.
    this.discarded = this.discarded.filter((gone) => !sameRecord(gone, record));
    this.#events += `+${record.payload[0]}`;
  }

  /** A compaction has appended a record once more. @throws OracleViolation */
  move(record: OracleRecord): void {
    isMoved(record, this.appended);
    this.append(record);
  }

  acknowledge(count = this.appended.length): void {
    this.acknowledged = Math.max(this.acknowledged, count);
  }

  /** An open for writing has shown the first `count` records: these are durable now, the others gone for good. */
  reopened(count: number): void {
    const gone = this.appended.splice(count);
    if (gone.length > 0) this.#events += `-${gone.length}`;
    this.discarded.push(...gone);
    this.acknowledged = count;
  }

  /** How many records there were when the one with this txid had been appended; 0 where none has it. */
  countThrough(txid: bigint): number {
    return this.appended.findIndex((record) => record.txid === txid) + 1;
  }

  /** The txid that the next record gets. */
  get nextTxid(): bigint {
    return (this.appended.at(-1)?.txid ?? 0n) + 1n;
  }

  /** Equal where the same is demanded of a state. */
  get key(): string {
    return `${this.#events}|${this.acknowledged}|${this.droppedCounts}|${this.mayLack.size}`;
  }

  copy(): History {
    const copy = new History();
    copy.appended = [...this.appended];
    copy.acknowledged = this.acknowledged;
    copy.discarded = [...this.discarded];
    copy.droppedCounts = this.droppedCounts;
    copy.mayLack = this.mayLack;
    copy.#events = this.#events;
    return copy;
  }
}
