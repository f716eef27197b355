import { RecordType } from "@datawal/format";
import type { LogScan } from "@datawal/record-log";
import type { Operation } from "../input/operations.js";

/**
 * Compares a log with the operations that made it, record by record, byte by byte, in order.
 *
 * @returns How many records there are: all of them as the input has them.
 */
export async function compareWithInput(scan: LogScan, operations: AsyncIterator<Operation>): Promise<number> {
  let count = 0;
  for (const { type, key, payload } of scan) {
    count++;
    const { done, value: operation } = await operations.next();
    if (done) throw new Error(`the log has record ${count}, which was never put`);
    const isSame =
      type === RecordType.Put &&
      Buffer.compare(key, operation.key) === 0 &&
      Buffer.compare(payload, operation.value) === 0;
    if (!isSame) throw new Error(`record ${count} is not what was put`);
  }
  return count;
}
