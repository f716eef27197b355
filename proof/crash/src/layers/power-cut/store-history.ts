import { isDurable, type OracleRecord, OracleViolation } from "@datawal/oracle";
import type { Expectation } from "./judge.js";
import { changesBehind } from "./writer/pairs-digest.js";
import { type StreamPlan, streamRecord } from "./writer/record-stream.js";
import type { Statement } from "./writer/testimony.js";

/** What a store must hold, from what its writers have said over its life. */
export class StoreHistory implements Expectation {
  acknowledged = 0;
  isCompacted = false;
  readonly discarded: OracleRecord[] = [];
  /** Records up to which the writer that is told of last found the store; behind them its own begin. */
  #found: OracleRecord[] = [];
  #stream: StreamPlan | undefined;
  /** So many records were appended at most; nobody says it where a log's own records tell. */
  #handed = Number.POSITIVE_INFINITY;
  /** What a writer adds to its count: it counts from the pairs that it has found, where these are all it knows. */
  #uncounted = 0;
  readonly #inGroups = new Set<number>();
  /** Of what was found in a store that is compacted. */
  #newestTxid = 0n;

  appended(count: number): OracleRecord[] {
    const records = this.#found.slice(0, count);
    if (!this.#stream) return records;
    const countMax = Math.min(count, this.#handed);
    while (records.length < countMax) {
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
    this.isCompacted = stream.contents === "compacted";
    const opened = all.find(({ kind }) => kind === "opened");
    if (opened?.kind !== "opened") return;
    const found =
      opened.pairs === undefined
        ? this.appended(opened.records)
        : changesBehind(
            opened.pairs,
            this.appended(Number.POSITIVE_INFINITY),
            this.acknowledged,
            this.isWithinGroup,
          );
    isDurable(found, this.acknowledged);
    this.#found = found;
    this.#stream = stream;
    if (opened.pairs !== undefined) this.#countFrom(found.length, all);
    for (const statement of before) {
      if (statement.kind === "opened" || statement.kind === "durable")
        this.acknowledged = Math.max(this.acknowledged, this.#uncounted + statement.records);
    }
  }

  /** @param uncounted Before what the writer counts. */
  #countFrom(uncounted: number, all: readonly Statement[]): void {
    this.#uncounted = uncounted;
    this.#handed = uncounted;
    this.#inGroups.clear();
    for (const said of all) {
      if (said.kind !== "handing") continue;
      const handed = uncounted + said.records;
      for (let count = this.#handed + 1; said.isGroup && count < handed; count++) this.#inGroups.add(count);
      this.#handed = handed;
    }
  }

  readonly isWithinGroup = (count: number): boolean => this.#inGroups.has(count);

  /** What was appended when the writer that is told of last said a number of records. */
  whenSaid(records: number): OracleRecord[] {
    return this.appended(this.#uncounted + records);
  }

  /** @throws OracleViolation the newest txid was found before, and is gone: it would be given again */
  recovered(records: readonly OracleRecord[]): void {
    if (this.isCompacted) this.#requireNewest(records);
    else this.#discardBehind(records.length);
    this.#found = [...records];
    this.#inGroups.clear();
    this.#stream = undefined;
    this.acknowledged = records.length;
  }

  #discardBehind(count: number): void {
    const gone = this.appended(count + DISCARDED_MAX).slice(count);
    this.discarded.push(...gone.filter(isUnlikeOthers));
  }

  #requireNewest(records: readonly OracleRecord[]): void {
    const newest = records.at(-1)?.txid ?? 0n;
    if (newest < this.#newestTxid)
      throw new OracleViolation(
        "9 compaction",
        `txid ${this.#newestTxid} was there, and ${newest} is the newest`,
      );
    this.#newestTxid = newest;
  }
}

/** A Delete, or a payload that is short or all zero, may rightly be appended once more under the same txid. */
function isUnlikeOthers({ payload }: OracleRecord): boolean {
  return payload.length >= 16 && payload.some((byte) => byte !== 0);
}

/** More than a writer appends between two cuts and loses. */
const DISCARDED_MAX = 100;
