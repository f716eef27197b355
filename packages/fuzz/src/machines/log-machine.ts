import fc from "fast-check";
import type { Crash, LogInput, LogOperation } from "../arbitraries/operation.js";
import type { GeneratedRecord } from "../arbitraries/record.js";
import { isSameRecord } from "../laws/expect-same.js";
import { type Awaitable, type Place, untilFollowed } from "./place.js";

/** A log that is open for writing. What is left out is not asked for. */
export interface LogWriterUnderTest {
  /** @returns The txid that it gave. */
  append(record: LogInput): Awaitable<bigint>;
  appendMany?(records: readonly LogInput[]): Awaitable<readonly bigint[]>;
  /** All or none of them are there after a crash. */
  appendGroup?(records: readonly LogInput[]): Awaitable<readonly bigint[]>;
  fsync(): Awaitable<unknown>;
  rotate?(): Awaitable<unknown>;
  /** Drops sealed segments from the beginning on; the newest record stays. */
  drop?(): Awaitable<unknown>;
  /** All that the log holds, oldest first; what a group is marked by is none of them. */
  records(): Awaitable<readonly GeneratedRecord[]>;
  close(): Awaitable<unknown>;
}

/** A reader beside it, and a follower. */
export interface LogReaderUnderTest {
  refresh(): Awaitable<unknown>;
  records(): Awaitable<readonly GeneratedRecord[]>;
  /** What the follower has been shown so far, oldest first, since it was told to begin anew. */
  followed(): Awaitable<readonly GeneratedRecord[]>;
  close(): Awaitable<unknown>;
}

export type LogPlace = Place<LogWriterUnderTest, LogReaderUnderTest>;

/** A log, and beside it all that was ever appended to it. */
export class LogMachine {
  readonly #place: LogPlace;
  readonly #hasReader: boolean;
  #log: LogWriterUnderTest;
  #reader: LogReaderUnderTest | undefined;
  /** What was appended, as far as it can still be there. */
  #history: GeneratedRecord[] = [];
  /** How long the history may be behind a crash: with a group whole or without it. */
  #units = new Set<number>([0]);
  /** Records of the history that a power cut cannot take. */
  #durable = 0;
  /** Of the history, dropped. */
  #dropped = 0;

  private constructor(place: LogPlace, log: LogWriterUnderTest, hasReader: boolean) {
    this.#place = place;
    this.#log = log;
    this.#hasReader = hasReader;
  }

  /**
   * Runs a program. Behind each crash what is there is a prefix of what was appended, with all that was synced, and each
   * group whole or not at all; a second open finds the same.
   *
   * @throws Error that tells which of it does not hold
   */
  static async run(place: LogPlace, program: readonly LogOperation[], isReadBeside: boolean): Promise<void> {
    try {
      const machine = new LogMachine(
        place,
        await place.open(),
        isReadBeside && place.openReader !== undefined,
      );
      for (const operation of program) await machine.#perform(operation);
      await machine.#look();
      await machine.#reopen();
      await machine.#closeReader();
    } finally {
      await place.remove();
    }
  }

  async #perform(operation: LogOperation): Promise<void> {
    switch (operation.do) {
      case "append":
        return this.#take([operation.record], [await this.#log.append(operation.record)], false);
      case "append many": {
        const txids = await this.#log.appendMany?.(operation.records);
        return txids && this.#take(operation.records, txids, false);
      }
      case "append group": {
        const txids = await this.#log.appendGroup?.(operation.records);
        return txids && this.#take(operation.records, txids, true);
      }
      case "fsync":
        await this.#log.fsync();
        return this.#allIsDurable();
      case "rotate":
        if (!this.#log.rotate) return;
        await this.#log.rotate();
        return this.#allIsDurable();
      case "drop":
        return await this.#drop();
      case "reopen":
        return await this.#reopen();
      case "look":
        return await this.#look();
      case "crash":
        return await this.#crash(operation);
    }
  }

  #take(inputs: readonly LogInput[], txids: readonly bigint[], isGroup: boolean): void {
    if (txids.length !== inputs.length)
      throw new Error(`${inputs.length} records were appended, and ${txids.length} txids returned`);
    for (const [index, input] of inputs.entries()) {
      const [last, txid] = [this.#history.at(-1)?.txid ?? 0n, txids[index]!];
      // A group may take txids for its own: what it is marked by.
      const isNext = isGroup ? txid > last && txid <= last + 2n + BigInt(inputs.length) : txid === last + 1n;
      if (!isNext) throw new Error(`txid ${txid} was given behind ${last}`);
      this.#history.push({ ...input, txid });
      if (!isGroup) this.#units.add(this.#history.length);
    }
    this.#units.add(this.#history.length);
  }

  #allIsDurable(): void {
    this.#durable = this.#history.length;
  }

  async #drop(): Promise<void> {
    if (!this.#log.drop) return;
    await this.#log.drop();
    const { length } = await this.#log.records();
    const dropped = this.#history.length - length;
    if (dropped < this.#dropped || (length === 0 && dropped > 0))
      throw new Error(`${length} records are left by a drop, of ${this.#history.length - this.#dropped}`);
    this.#dropped = dropped;
    await this.#require("what a drop has left", this.#log);
  }

  async #reopen(): Promise<void> {
    await this.#log.close();
    this.#allIsDurable();
    this.#log = await this.#place.open();
    await this.#require("behind a close", this.#log);
  }

  async #crash(crash: Crash): Promise<void> {
    const isKill = crash.how === "kill" || !this.#place.hasPowerCuts;
    if (!(isKill && this.#place.doReadersSurviveKills)) await this.#closeReader();
    await this.#place.crash(crash);
    this.#log = await this.#place.open();
    const { length } = await this.#log.records();
    const count = this.#dropped + length;
    const least = isKill ? this.#history.length : this.#durable;
    const what = `behind a ${crash.how}`;
    if (count < least)
      throw new Error(`${what}: ${length} records are there, expected ${least - this.#dropped}`);
    if (!this.#units.has(count))
      throw new Error(`${what}: the log ends within a group, with ${length} records`);
    this.#history.length = Math.min(count, this.#history.length);
    for (const unit of this.#units) if (unit > count) this.#units.delete(unit);
    this.#allIsDurable();
    await this.#require(what, this.#log);
    await this.#reopen();
  }

  /** Holds all against what was appended, readers included. */
  async #look(): Promise<void> {
    await this.#require("the writer", this.#log);
    if (!this.#hasReader) return;
    const reader = await this.#openReader();
    await reader.refresh();
    await this.#require("a reader", reader);
    const last = this.#history.at(-1);
    if (!last) return;
    const followed = await untilFollowed(
      () => reader.followed(),
      (found) => found.at(-1)?.txid === last.txid,
      (found) => `it has ${found.length} records, and not txid ${last.txid}`,
    );
    // What was dropped before it came there it has not seen.
    const places = new Map(this.#history.map(({ txid }, index) => [txid, index]));
    const dropped = followed.filter(({ txid }) => (places.get(txid) ?? 0) < this.#dropped);
    const seen = dropped.map(({ txid }) => this.#history[places.get(txid) ?? -1]!);
    requireSame("a follower", followed, [...seen, ...this.#history.slice(this.#dropped)]);
  }

  async #openReader(): Promise<LogReaderUnderTest> {
    this.#reader ??= await this.#place.openReader!();
    return this.#reader;
  }

  async #closeReader(): Promise<void> {
    await this.#reader?.close();
    this.#reader = undefined;
  }

  async #require(what: string, held: Pick<LogWriterUnderTest, "records">): Promise<void> {
    requireSame(what, await held.records(), this.#history.slice(this.#dropped));
  }
}

function requireSame(
  what: string,
  found: readonly GeneratedRecord[],
  expected: readonly GeneratedRecord[],
): void {
  const index = expected.findIndex((record, place) => !record || !isSameRecord(record, found[place]));
  if (index !== -1)
    throw new Error(
      `${what}: record ${index} is ${fc.stringify(found[index])}, expected ${fc.stringify(expected[index])}`,
    );
  if (found.length > expected.length)
    throw new Error(`${what}: ${found.length} records are there, expected ${expected.length}`);
}
