import { readFileSync } from "node:fs";
import { join } from "node:path";
import { encodeRecord, type RecordType } from "@datawal/format";
import type { OracleRecord } from "@datawal/oracle";
import { RecordLog } from "@datawal/record-log";
import type { Place } from "../place.js";

/** The only segment of a store that {@link makeStore} made. */
export const SEGMENT = "00000001.dwal";

/** Makes a store of one segment that holds these records, durable, its handle closed. */
export function makeStore({ store }: Place, records: readonly OracleRecord[]): void {
  using log = RecordLog.openSync(store, { segmentBytesMax: Number.POSITIVE_INFINITY });
  appendAll(log, records);
  log.fsyncSync();
}

/**
 * Makes a store whose note knows of `syncedRecords` only: that which a process leaves that is killed after it has
 * appended more.
 */
export function makeDoubtfulStore(
  { store }: Place,
  syncedRecords: readonly OracleRecord[],
  unsyncedRecords: readonly OracleRecord[],
): Uint8Array {
  using log = RecordLog.openSync(store, { segmentBytesMax: Number.POSITIVE_INFINITY });
  appendAll(log, syncedRecords);
  log.fsyncSync();
  const lockText = readFileSync(join(store, ".lock"));
  appendAll(log, unsyncedRecords);
  return lockText;
}

export function framesOf(records: readonly OracleRecord[]): Uint8Array {
  return Buffer.concat(records.map((record) => encodeRecord({ ...record, type: record.type as RecordType })));
}

function appendAll(log: RecordLog, records: readonly OracleRecord[]): void {
  for (const { type, key, payload } of records) log.appendRecord(type as RecordType, key, payload);
}
