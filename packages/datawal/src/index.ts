export { type Bytes, type BytesLike, RecordType, recordTypeName } from "@datawal/format";
export * from "@datawal/record-log";
export { bytes, type Codec, type DecodedAs, json, utf8 } from "./codec.js";
export type { CompactionResult } from "./compact-to.js";
export { describeDifference, type StoreDifference } from "./compare-stores.js";
export { type BatchOperation, DataWal } from "./data-wal.js";
export {
  DataWalError,
  type DataWalErrorCode,
  type DataWalErrorFacts,
  type DataWalErrorOf,
  isDataWalError,
} from "./data-wal-error.js";
export type { CodecOptions, DataWalOptions, DataWalReaderOptions } from "./data-wal-options.js";
export { DataWalReader } from "./data-wal-reader.js";
export { type DataWalStats, DataWalView } from "./data-wal-view.js";
export type { ExportOptions, ExportResult } from "./export-jsonl.js";
export { describeBadLine, type ImportOptions, type ImportResult } from "./import-jsonl.js";
export type { ImportChunk, ImportSource } from "./import-source.js";
export type { BadLineReason } from "./jsonl-line.js";
export { replaceStore, replaceStoreSync } from "./replace-store.js";
export type { ReplaceOptions } from "./store-swap.js";
