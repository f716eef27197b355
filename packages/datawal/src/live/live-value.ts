import { type Bytes, type FrameCursor, RecordType } from "@datawal/format";
import type { RecordRef } from "@datawal/record-log";
import type { LogBase, OpenLog } from "@datawal/record-log/internal";
import { DataWalError, showKey } from "../data-wal-error.js";

/**
 * Reads the value that the key directory says a key has, and proves it (disk-rules R10): the CRC is right, the record
 * is a Put, and its key is the one asked for. Of what this handle has written last the CRC is not made again: it is that
 * memory which was written.
 *
 * @returns The caller's to keep; a part of a larger `ArrayBuffer`.
 * @throws DataWalError ERR_DATAWAL_RECORD_MISMATCH; RecordLogError ERR_DATAWAL_RECORD_UNREADABLE, ERR_DATAWAL_STORE_IO
 */
export function readLiveValue(log: LogBase, handles: OpenLog["handles"], key: Bytes, ref: RecordRef): Bytes {
  const written = handles.glance(ref);
  if (written?.type === RecordType.Put && hasKey(written, key)) return handles.keepPayload(written);
  const record = log.peek(ref);
  if (record.type !== RecordType.Put || !hasKey(record, key)) throw recordMismatch(log, ref, key, record);
  return record.bytes.subarray(record.payloadStart, record.payloadEnd) as Bytes;
}

function hasKey({ bytes, keyStart, payloadStart }: FrameCursor, key: Bytes): boolean {
  if (payloadStart - keyStart !== key.length) return false;
  for (let index = 0; index < key.length; index++) {
    if (bytes[keyStart + index] !== key[index]) return false;
  }
  return true;
}

/** @param record What lies where the key directory has the key. */
export function recordMismatch(
  log: LogBase,
  { segment, offset }: RecordRef,
  key: Bytes,
  record: FrameCursor,
): DataWalError {
  const { type: actualType } = record;
  const actualKey = record.key.slice();
  return new DataWalError(
    "ERR_DATAWAL_RECORD_MISMATCH",
    `${log.dir}: expected the Put of key ${showKey(key)} in segment ${segment} at offset ${offset}, found a record of type ${actualType} with key ${showKey(actualKey)}: the segment was changed by another program; open the store again, and run verifyLog`,
    { path: log.dir, segment, offset, key, actualKey, actualType },
  );
}
