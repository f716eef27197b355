import { isDurable, type OracleRecord } from "@datawal/oracle";
import type { Expectation } from "./judge.js";
import { type StreamPlan, streamRecord } from "./writer/record-stream.js";
import type { Statement } from "./writer/testimony.js";

/** What a store must hold, from what its writers have said over its life. */
export class StoreHistory implements Expectation {
  acknowledged = 0;
  readonly discarded: OracleRecord[] = [];
  /** Records up to which the writer that is told of last found the store; behind them its own begin. */
  #found: OracleRecord[] = [];
  #stream: StreamPlan | undefined;

  appended(count: number): OracleRecord[] {
    const records = this.#found.slice(0, count);
    if (!this.#stream) return records;
    while (records.length < count) {
      const index = records.length;
      records.push(streamRecord(this.#stream, index - this.#found.length, BigInt(index + 1)));
    }
    return records;
  }

  /**
   * Takes down what a writer has said.
   *
   * @param before What it said before the cut: these acknowledgements must hold.
   * @param all What it said until it died, too late or not: these records it may have appended.
   * @throws OracleViolation its open has lost what had been acknowledged
   */
  take(stream: StreamPlan, before: readonly Statement[], all: readonly Statement[]): void {
    const opened = all.find(isOpened);
    if (!opened) return;
    const found = this.appended(opened.records);
    isDurable(found.slice(0, opened.records), this.acknowledged);
    this.#found = found;
    this.#stream = stream;
    for (const statement of before) {
      if (statement.kind === "opened" || statement.kind === "durable")
        this.acknowledged = Math.max(this.acknowledged, statement.records);
    }
  }

  recovered(records: readonly OracleRecord[]): void {
    const gone = this.appended(records.length + DISCARDED_MAX).slice(records.length);
    this.discarded.push(...gone.filter(isUnlikeOthers));
    this.#found = [...records];
    this.#stream = undefined;
    this.acknowledged = records.length;
  }
}

function isOpened(statement: Statement): statement is Extract<Statement, { kind: "opened" | "durable" }> {
  return statement.kind === "opened";
}

/** A Delete, or a payload that is short or all zero, may rightly be appended once more under the same txid. */
function isUnlikeOthers({ payload }: OracleRecord): boolean {
  return payload.length >= 16 && payload.some((byte) => byte !== 0);
}

/** More than a writer appends between two cuts and loses. */
const DISCARDED_MAX = 100;
