import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { RecordType } from "@datawal/format";
import { hasPairsOf, isDurable, isPrefix, isWithoutGaps } from "@datawal/oracle";
import { RecordLog } from "@datawal/record-log";
import { DataWal } from "datawal";
import { BrokenDemand } from "../kill/traced-child/broken-demand.js";
import type { Workshop } from "../kill/traced-child/place.js";
import type { Answer } from "./answer.js";
import { Contender } from "./contender.js";
import type { RungName, Rungs } from "./rungs.js";

/** One thing about the lock, tried a number of times. */
export interface LockCase {
  name: string;
  /** The rungs without which it cannot be tried. */
  rungs: readonly RungName[];
  /**
   * @returns How often it was tried.
   * @throws BrokenDemand, OracleViolation
   */
  run(bench: Bench): Promise<number> | number;
}

/** Where cases find stores and contenders. */
export class Bench {
  readonly #rungs: Rungs;
  readonly #directory: string;
  #storeCount = 0;

  constructor(rungs: Rungs, workshop: Workshop) {
    this.#rungs = rungs;
    this.#directory = workshop.place.directory;
    workshop.clear();
    // Another user looks into it, too.
    for (const directory of [join(this.#directory, ".."), this.#directory]) chmodSync(directory, 0o755);
  }

  start(rung: RungName, user?: number): Contender {
    return new Contender(this.#rungs.rung(rung), user);
  }

  /** The path of a store that does not exist yet, in a directory of its own. */
  newStorePath(): string {
    const parent = join(this.#directory, String(++this.#storeCount));
    mkdirSync(parent);
    return join(parent, "store");
  }

  /** A store with records, closed. */
  newStore(recordCount = 1): string {
    const store = this.newStorePath();
    using log = RecordLog.openSync(store);
    for (let count = 0; count < recordCount; count++) log.append("appended");
    return store;
  }
}

/** The store opens here, now, and holds these pairs of contenders, nothing else; its holes are told as none. */
export function holdsPairs(store: string, pairs: Readonly<Record<string, Uint8Array>>): void {
  using db = DataWal.openSync(store);
  const changes = Object.entries(pairs).map(([key, payload]) => ({
    type: RecordType.Put,
    txid: 0n,
    key: Buffer.from(key),
    payload,
  }));
  hasPairsOf([...db.scan()], changes, changes.length);
  isWithoutGaps(db.recoveryReport());
}

export function demand(isMet: boolean, name: string, facts: string): void {
  if (!isMet) throw new BrokenDemand(name, facts);
}

/** @returns The answer, which is no failure. */
export function succeeded(answer: Answer): Answer {
  demand(answer.failed === undefined, "no failure", `${answer.failed}: ${answer.message}`);
  return answer;
}

export function refusedWith(answer: Answer, code: string): Answer {
  demand(answer.failed === code, `refused with ${code}`, describeAnswer(answer));
  return answer;
}

export function describeAnswer({ failed, message, means }: Answer): string {
  return failed === undefined ? `it succeeded, by ${means}` : `it failed with ${failed}: ${message}`;
}

/** The store opens here, now, and holds so many records of contenders, nothing else. */
export function holds(store: string, recordCount: number): void {
  using log = RecordLog.openSync(store);
  const records = [...log.scan()].map(({ type, txid, key, payload }) => ({ type, txid, key, payload }));
  const payload = new TextEncoder().encode("appended");
  const expected = Array.from({ length: recordCount }, (_, index) => ({
    type: RecordType.Raw,
    txid: BigInt(index + 1),
    key: new Uint8Array(0),
    payload,
  }));
  isPrefix(records, expected);
  isDurable(records, recordCount);
}
