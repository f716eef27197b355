export type { AppendInput } from "./append-input.js";
export { hardwareCrc32c } from "./crc/hardware-crc.js";
export { DirectoryLock } from "./directory-lock.js";
export type { FollowOptions } from "./follow.js";
export type { AppendedRecord, LogPosition, LogRecord, RecordRef } from "./log-record.js";
export { LongOperations } from "./long-operations.js";
export type { OpenOptions, ReaderOptions, ReadOptions } from "./open-options.js";
export { RecordLog } from "./record-log.js";
export {
  closedError,
  isRecordLogError,
  RecordLogError,
  type RecordLogErrorCode,
  type RecordLogErrorFacts,
  type RecordLogErrorOf,
  storeIoError,
} from "./record-log-error.js";
export { RecordLogReader } from "./record-log-reader.js";
export type { DamageReason } from "./recovery/classify.js";
export { QUARANTINE_HEADER_LEN } from "./recovery/quarantine-header.js";
export { describeReason } from "./recovery/refusal.js";
export {
  describeWarning,
  isSyncedDataLost,
  type RecoveryReport,
  type RecoveryWarning,
} from "./recovery/report.js";
export { inodeOf } from "./recovery/sync-note.js";
export { removeEmptyStore } from "./remove-empty-store.js";
export type { ReplayRecord } from "./replay-record.js";
export {
  type SalvagedQuarantine,
  type SalvageLoss,
  type SalvageOptions,
  type SalvageResult,
  salvageTo,
  salvageToSync,
} from "./salvage-to.js";
export type { LogScan } from "./scan.js";
export { type SnapshotResult, snapshotTo, snapshotToSync } from "./snapshot-to.js";
export { findStoreDirectory, isHollow, oldStorePath, storePlace } from "./store-directory.js";
export {
  parseStoreName,
  quarantineDirectoryName,
  segmentName,
  swapMarkName,
  temporaryName,
} from "./store-names.js";
export {
  type LogVerification,
  type VerifiedDamage,
  type VerifiedSegment,
  type VerifyOptions,
  verifyLog,
  verifyLogSteps,
  verifyLogSync,
} from "./verify-log.js";
