import { RecordType } from "@datawal/format";
import type { OracleRecord } from "@datawal/oracle";
import { groupRecords } from "../../laboratory/group-records.js";
import { appendedOf } from "../../laboratory/live-key.js";
import type { Expectation } from "../power-cut/judge.js";
import { SeededRandom } from "../power-cut/machine/seeded-random.js";

/** Something that is all there or not at all, and there once its call has returned. */
export interface Publication {
  path: string;
  /** The epoch in which its call returned. */
  acknowledgedIn: number;
}

/** What a workload has appended, and what it was told in which epoch of its disk. */
export class Ledger {
  /** Whether the store is compacted in place. */
  isCompacted = false;
  readonly publications: Publication[] = [];
  /** The store that comes in the place of this one, and the epoch in which that was acknowledged. */
  successor: { ledger: Ledger; acknowledgedIn: number } | undefined;
  readonly #appended: OracleRecord[] = [];
  readonly #acknowledged: { epoch: number; count: number }[] = [];
  /** With how many records missing at its front the log may begin, and from which epoch on no fewer are missing. */
  readonly #dropped: { epoch: number; count: number }[] = [];
  readonly #random: SeededRandom;
  #epoch = async () => 0;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
  }

  /** @param epoch Tells which epoch is under way; before this is set all is before the first. */
  record(epoch: () => Promise<number>): void {
    this.#epoch = epoch;
  }

  /** Takes over what lies in a store already, durable. */
  adopt(records: Iterable<OracleRecord>): void {
    for (const { type, txid, key, payload } of records)
      this.#appended.push({ type, txid, key: key.slice(), payload: payload.slice() });
    this.#acknowledged.push({ epoch: 0, count: this.count });
  }

  get count(): number {
    return this.#appended.length;
  }

  /** A record that is appended from now on: the kernel may have it before the caller knows. */
  put(payloadBytes: number): OracleRecord {
    const key = Buffer.from(`key ${this.#random.below(12)}`);
    return this.#append(RecordType.Put, key, this.#random.fill(new Uint8Array(payloadBytes)));
  }

  puts(count: number, payloadBytes: number): OracleRecord[] {
    return Array.from({ length: count }, () => this.put(payloadBytes));
  }

  /** Of a key that is there it will be a record. @returns The key. */
  delete(): Uint8Array {
    const key = Buffer.from(`key ${this.#random.below(12)}`);
    this.#appendGroup([{ type: RecordType.Delete, key, payload: NO_BYTES }]);
    return key;
  }

  /** Puts, and a deletion, that are there together or not at all. @returns Without the head. */
  group(count: number, payloadBytes: number): Omit<OracleRecord, "txid">[] {
    const records = Array.from({ length: count }, (_, index) => ({
      type: index === 1 ? RecordType.Delete : RecordType.Put,
      key: Buffer.from(`key ${this.#random.below(12)}`),
      payload: index === 1 ? NO_BYTES : this.#random.fill(new Uint8Array(payloadBytes)),
    }));
    this.#appendGroup(records);
    return records;
  }

  /** Takes down that these first records were just told to be durable. */
  async acknowledge(count = this.count): Promise<void> {
    this.#acknowledged.push({ epoch: await this.#epoch(), count });
  }

  /** Makes something all or nothing, and takes down when its call returned. */
  async publish(path: string, make: () => Promise<unknown>): Promise<void> {
    const publication = { path, acknowledgedIn: Number.POSITIVE_INFINITY };
    this.publications.push(publication);
    await make();
    publication.acknowledgedIn = await this.#epoch();
  }

  /** Puts another store in the place of this one. */
  async replace(successor: Ledger, act: () => Promise<unknown>): Promise<void> {
    this.successor = { ledger: successor, acknowledgedIn: Number.POSITIVE_INFINITY };
    await act();
    this.successor.acknowledgedIn = await this.#epoch();
  }

  /** Drops the head, segment by segment: the log may then begin behind each of these counts of records. */
  async drop(counts: readonly number[], act: () => Promise<unknown>): Promise<void> {
    for (const count of counts) this.#dropped.push({ epoch: Number.POSITIVE_INFINITY, count });
    await act();
    this.#dropped.at(-1)!.epoch = await this.#epoch();
  }

  /**
   * What a store must hold after a power cut at the end of an epoch.
   *
   * @param missing So many records are missing at its front.
   */
  at(epoch: number, missing: number): Expectation {
    const acknowledged = Math.max(0, ...countsUntil(this.#acknowledged, epoch));
    const leastMissing = Math.max(0, ...countsUntil(this.#dropped, epoch));
    const isAllowed =
      missing === leastMissing ||
      this.#dropped.some(({ count }) => count === missing && count > leastMissing);
    const begin = isAllowed ? missing : leastMissing;
    return {
      acknowledged: acknowledged - begin,
      isCompacted: this.isCompacted,
      discarded: [],
      appended: (count) => this.#appended.slice(begin, begin + count),
      recovered: () => undefined,
    };
  }

  /** For whoever must understand a violation. */
  story(epoch: number): string {
    const acknowledged = Math.max(0, ...countsUntil(this.#acknowledged, epoch));
    const published = this.publications.map(({ path, acknowledgedIn }) => `${path} in ${acknowledgedIn}`);
    return [`${acknowledged} of ${this.count} records were acknowledged until then`, ...published].join("; ");
  }

  get #nextTxid(): bigint {
    return (this.#appended.at(-1)?.txid ?? 0n) + 1n;
  }

  #appendGroup(records: readonly Omit<OracleRecord, "txid">[]): void {
    this.#appended.push(...groupRecords(this.#nextTxid, appendedOf(records, this.#appended)));
  }

  #append(type: number, key: Uint8Array, payload: Uint8Array): OracleRecord {
    const record = { type, txid: this.#nextTxid, key, payload };
    this.#appended.push(record);
    return record;
  }
}

const NO_BYTES = new Uint8Array(0);

/** What was told in an epoch was told before the cut at its end. */
function countsUntil(told: readonly { epoch: number; count: number }[], epoch: number): number[] {
  return told.filter((each) => each.epoch <= epoch).map(({ count }) => count);
}
