import type { OracleRecord } from "@datawal/oracle";
import { DataWal } from "datawal";
import type { Ledger } from "../ledger.js";
import type { Place } from "../place.js";

const PREPARED_RECORDS = 30;

/** Every workload's segments: small, so that a store has some. */
export const SEGMENT_BYTES_MAX = 40_000;

export function openStore({ store, fileSystem }: Place): Promise<DataWal> {
  return DataWal.open(store, { fileSystem, segmentBytesMax: SEGMENT_BYTES_MAX });
}

export function putAll(db: DataWal, records: readonly OracleRecord[]): void {
  for (const { key, payload } of records) db.put(key, payload);
}

/** A store of some segments, with values that were overwritten. */
export async function prepareStore(place: Place, ledger: Ledger): Promise<void> {
  await using db = await openStore(place);
  putAll(db, ledger.puts(PREPARED_RECORDS, 3000));
  await db.fsync();
  await ledger.acknowledge();
}
