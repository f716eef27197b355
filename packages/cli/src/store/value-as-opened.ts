import type { DataWalReader } from "datawal";

/**
 * The value of a live key. Not by `get`, which looks at the store again where a compaction has removed a segment: what is
 * printed would be of several moments, and the key may be deleted by then.
 *
 * @throws RecordLogError ERR_DATAWAL_READER_STALE
 */
export function valueAsOpened(reader: DataWalReader, key: Uint8Array): Uint8Array {
  return reader.read(reader.refOf(key)!).payload;
}
