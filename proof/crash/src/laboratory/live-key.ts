import { RecordType } from "@datawal/format";
import type { OracleRecord } from "@datawal/oracle";

/** Whether a key has a value behind these records, the last of which wins. */
export function isLive(key: Uint8Array, records: readonly Omit<OracleRecord, "txid">[]): boolean {
  const last = records.findLast(
    (record) => record.type !== RecordType.Raw && Buffer.compare(record.key, key) === 0,
  );
  return last?.type === RecordType.Put;
}

/** What a store of pairs appends of a batch: no deletion of a key that has no value by then. */
export function appendedOf<Input extends Omit<OracleRecord, "txid">>(
  inputs: readonly Input[],
  before: readonly OracleRecord[],
): Input[] {
  const appended: Input[] = [];
  for (const input of inputs)
    if (input.type !== RecordType.Delete || isLive(input.key, [...before, ...appended])) appended.push(input);
  return appended;
}
