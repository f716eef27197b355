import type { BytesLike, RecordType } from "@datawal/format";
import type { OracleRecord } from "@datawal/oracle";
import { groupRecords } from "../../laboratory/group-records.js";
import { appendedOf } from "../../laboratory/live-key.js";
import { GIVEN_UP } from "./failures.js";

/** A record as an operation hands it over. */
export interface LedgerInput {
  type: RecordType;
  key: BytesLike;
  payload: BytesLike;
}

/** What a careful caller notes of a log: what is in it, what of that is durable, and what may be. */
export class Ledger {
  /** Those that are in the log: an append has returned. */
  readonly appended: OracleRecord[] = [];
  /** Those that may follow: a batch failed before all of it was in the log. */
  doubtful: OracleRecord[] = [];
  /** How many are durable: a sync that began behind them has returned. */
  acknowledged = 0;
  /** How many of the first may be gone, since they were dropped. */
  droppable = 0;
  /** Whether it is known which records are in the log: not where an operation was given up. */
  isExact = true;

  /** @param records what the log has, all durable. */
  constructor(records: readonly OracleRecord[] = []) {
    this.appended.push(...records);
    this.acknowledged = records.length;
  }

  /** @param write appends this record, or throws and has not. */
  append(input: LedgerInput, write: () => unknown): void {
    const [record] = this.#records([input]);
    write();
    this.appended.push(record!);
  }

  /** @param write appends these records, or throws and tells how many it has. */
  async batch(inputs: readonly LedgerInput[], write: () => unknown): Promise<void> {
    const records = this.#records(inputs);
    let count = records.length;
    try {
      await write();
    } catch (error) {
      count = appendedBefore(error);
      this.isExact = error !== GIVEN_UP;
      throw error;
    } finally {
      this.appended.push(...records.slice(0, count));
      this.doubtful = records.slice(count);
    }
  }

  /** @param write appends these records as a group, or throws and has none of them. */
  group(inputs: readonly LedgerInput[], write: () => unknown): void {
    const records = inputs.map(({ type, key, payload }) => ({
      type,
      key: bytesOf(key),
      payload: bytesOf(payload),
    }));
    const txid = (this.appended.at(-1)?.txid ?? 0n) + 1n;
    const appended = groupRecords(txid, appendedOf(records, this.appended));
    write();
    this.appended.push(...appended);
  }

  /** @param sync makes what is in the log durable, or throws. */
  async sync(sync: () => unknown): Promise<void> {
    const count = this.appended.length;
    await sync();
    this.acknowledged = Math.max(this.acknowledged, count);
  }

  #records(inputs: readonly LedgerInput[]): OracleRecord[] {
    const last = this.appended.at(-1)?.txid ?? 0n;
    return inputs.map(({ type, key, payload }, index) => ({
      type,
      txid: last + 1n + BigInt(index),
      key: bytesOf(key),
      payload: bytesOf(payload),
    }));
  }
}

/** How many records a failed batch or import says that it has put into the log. */
function appendedBefore(error: unknown): number {
  const { recordsAppended, recordsImported } = error as {
    recordsAppended?: number;
    recordsImported?: number;
  };
  return recordsAppended ?? recordsImported ?? 0;
}

function bytesOf(value: BytesLike): Uint8Array {
  return typeof value === "string" ? new TextEncoder().encode(value) : value;
}
