export {
  type Bytes,
  type BytesLike,
  decodeGroupHead,
  type GroupHead,
  isFormatError,
  RecordType,
  recordTypeName,
} from "@datawal/format";
export {
  type AppendEvent,
  type AppendedRecord,
  type AppendInput,
  type DamageReason,
  describeReason,
  describeWarning,
  type FollowOptions,
  isRecordLogError,
  isSyncedDataLost,
  type LogPosition,
  type LogRecord,
  type LogScan,
  type LogVerification,
  type MakeOptions,
  type OpenOptions,
  type PoisonEvent,
  type ReaderOptions,
  type ReadOptions,
  RecordLog,
  RecordLogError,
  type RecordLogErrorCode,
  type RecordLogErrorFacts,
  type RecordLogErrorOf,
  RecordLogReader,
  type RecordRef,
  type RecoveryEvent,
  type RecoveryReport,
  type RecoveryWarning,
  type ReplayRecord,
  type RotationEvent,
  type SalvagedQuarantine,
  type SalvageLoss,
  type SalvageOptions,
  type SalvageResult,
  type SnapshotResult,
  type SyncEvent,
  salvageTo,
  salvageToSync,
  segmentName,
  snapshotTo,
  snapshotToSync,
  type UntoldEvent,
  type VerifiedDamage,
  type VerifiedSegment,
  type VerifyOptions,
  verifyLog,
  verifyLogSync,
} from "@datawal/record-log";
export { isSafeatomicError } from "@datawal/safeatomic";
export type { CheckpointUse } from "./checkpoint/checkpoint.js";
export type { CheckpointEvent } from "./checkpoint/checkpoint-event.js";
export type { CheckpointOptions } from "./checkpoint/checkpoint-options.js";
export { bytes, type Codec, type DecodedAs, json, utf8 } from "./codec.js";
export type { AutoCompactOptions, LastCompaction } from "./compact/auto-compaction.js";
export type { CompactionInPlaceResult, CompactOptions, LeftSegment } from "./compact/compact.js";
export type { CompactionResult } from "./compact/compact-to.js";
export type { CompactionEvent } from "./compact/compaction-event.js";
export { type BatchOperation, DataWal } from "./data-wal.js";
export {
  DataWalError,
  type DataWalErrorCode,
  type DataWalErrorFacts,
  type DataWalErrorOf,
  isDataWalError,
  type StoreDifference,
} from "./data-wal-error.js";
export type {
  CodecOptions,
  DataWalOptions,
  DataWalReaderOptions,
} from "./data-wal-options.js";
export { DataWalReader } from "./data-wal-reader.js";
export { type DataWalStats, DataWalView, type PrefixOptions, type SegmentStats } from "./data-wal-view.js";
export {
  isStoreError,
  type StoreErrorCode,
  type StoreErrorFacts,
  type StoreErrorOf,
} from "./is-store-error.js";
export type { ExportOptions, ExportResult } from "./jsonl/export.js";
export { describeBadLine, type ImportOptions, type ImportResult } from "./jsonl/import.js";
export type { ImportChunk, ImportSource } from "./jsonl/import-source.js";
export type { BadLineReason } from "./jsonl/line.js";
export type { CacheUse } from "./open-store.js";
export type { SchemaIssue, SchemaResult, StandardSchema } from "./standard-schema.js";
export { describeDifference } from "./swap/compare-stores.js";
export { replaceStore, replaceStoreSync } from "./swap/replace-store.js";
export type { ReplaceOptions } from "./swap/store-swap.js";
