import { type Bytes, RecordType } from "@datawal/format";
import type { RecordLog, RecordRef } from "@datawal/record-log";
import { DataWalError, showKey } from "./data-wal-error.js";

/** What a view needs of the log below it: the same of a writer and of a reader. */
export type ReadableLog = Pick<RecordLog, "dir" | "segments" | "read" | "scan" | "recoveryReport">;

/**
 * Reads the value that the key directory says a key has, and proves it (disk-rules R10): the CRC is right, the record
 * is a Put, and its key is the one asked for.
 *
 * @returns A copy.
 * @throws DataWalError ERR_DATAWAL_RECORD_MISMATCH; RecordLogError ERR_DATAWAL_RECORD_UNREADABLE, ERR_DATAWAL_STORE_IO
 */
export function readLiveValue(log: ReadableLog, key: Bytes, ref: RecordRef): Bytes {
  const { type, key: actualKey, payload } = log.read(ref);
  if (type === RecordType.Put && Buffer.compare(actualKey, key) === 0) return payload;
  const { segment, offset } = ref;
  throw new DataWalError(
    "ERR_DATAWAL_RECORD_MISMATCH",
    `${log.dir}: expected the Put of key ${showKey(key)} in segment ${segment} at offset ${offset}, found a record of type ${type} with key ${showKey(actualKey)}: the segment was changed by another program; open the store again, and run verifyLog`,
    { path: log.dir, segment, offset, key, actualKey, actualType: type },
  );
}
