import { RecordType } from "@datawal/format";
import type { LogRecord, LogScan } from "@datawal/record-log";
import type { Input } from "../input/input.js";
import { operationsOf } from "../input/source.js";
import type { Operation } from "../operation.js";
import { Problem } from "../problem.js";

/**
 * Compares a log with the operations that made it, record by record, byte by byte, in order.
 *
 * @returns How many records there are: all of them as the input has them.
 * @throws Problem: a record that is not the input's
 */
export async function compareWithInput(scan: LogScan, { source }: Input): Promise<number> {
  const records = scan[Symbol.iterator]();
  let count = 0;
  for await (const operation of operationsOf(source)) {
    const record = records.next();
    if (record.done) return count;
    count++;
    if (!isRecordOf(record.value, operation)) throw new Problem(`record ${count} is not what was put`);
  }
  if (!records.next().done) throw new Problem(`the log has more than the ${count} records that were put`);
  return count;
}

export function isRecordOf({ type, key, payload }: LogRecord, operation: Operation): boolean {
  return (
    type === RecordType.Put &&
    Buffer.compare(key, operation.key) === 0 &&
    Buffer.compare(payload, operation.value) === 0
  );
}
