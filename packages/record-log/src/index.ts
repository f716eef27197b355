export {
  type SalvagedQuarantine,
  type SalvageLoss,
  type SalvageOptions,
  type SalvageResult,
  salvageTo,
  salvageToSync,
} from "./copy/salvage-to.js";
export { type SnapshotResult, snapshotTo, snapshotToSync } from "./copy/snapshot-to.js";
export {
  type LogVerification,
  type VerifiedDamage,
  type VerifiedSegment,
  type VerifyOptions,
  verifyLog,
  verifyLogSteps,
  verifyLogSync,
} from "./copy/verify-log.js";
export { hardwareCrc32c } from "./crc/hardware-crc.js";
export { describeWarning, isSyncedDataLost, type RecoveryWarning } from "./inspect/recovery-warning.js";
export { describeReason } from "./inspect/refusal.js";
export type { ReplayRecord } from "./inspect/replay-record.js";
export type { RecoveryReport } from "./inspect/report.js";
export { type LogBase, openLogOf } from "./log-base.js";
export type { AppendedRecord, LogPosition, LogRecord, RecordRef } from "./log-record.js";
export type { OpenLog } from "./open-log.js";
export type { OpenOptions, ReaderOptions, ReadOptions } from "./open-options.js";
export type { FollowOptions } from "./read/follow.js";
export type { LogScan } from "./read/scan.js";
export { RecordLog } from "./record-log.js";
export type { DamageReason } from "./record-log-error.js";
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
export { QUARANTINE_HEADER_LEN } from "./repair/quarantine-header.js";
export { DirectoryLock } from "./store/directory-lock.js";
export { removeEmptyStore } from "./store/remove-empty-store.js";
export { findStoreDirectory, isHollow, oldStorePath, storePlace } from "./store/store-directory.js";
export {
  parseStoreName,
  quarantineDirectoryName,
  segmentName,
  swapMarkName,
  temporaryName,
} from "./store/store-names.js";
export { inodeOf } from "./store/sync-note.js";
export type { AppendInput } from "./write/append-input.js";
