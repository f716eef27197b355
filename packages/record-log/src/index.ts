export { decodeGroupHead, type GroupHead, isFormatError, RecordType } from "@datawal/format";
export { isSafeatomicError } from "@datawal/safeatomic";
export {
  type SalvagedQuarantine,
  type SalvageLoss,
  type SalvageOptions,
  type SalvageResult,
  salvageTo,
  salvageToSync,
} from "./copy/salvage-to.js";
export { type SnapshotResult, snapshotTo, snapshotToSync } from "./copy/snapshot-to.js";
export type {
  AppendEvent,
  PoisonEvent,
  RecoveryEvent,
  RotationEvent,
  SyncEvent,
  UntoldEvent,
} from "./events.js";
export { describeWarning, isSyncedDataLost, type RecoveryWarning } from "./inspect/recovery-warning.js";
export { describeReason } from "./inspect/refusal.js";
export type { ReplayRecord } from "./inspect/replay-record.js";
export type { RecoveryReport } from "./inspect/report.js";
export {
  type LogVerification,
  type VerifiedDamage,
  type VerifiedSegment,
  type VerifyOptions,
  verifyLog,
  verifyLogSync,
} from "./inspect/verify-log.js";
export type { AppendedRecord, LogPosition, LogRecord, RecordRef } from "./log-record.js";
export type { MakeOptions, OpenOptions, ReaderOptions, ReadOptions } from "./open-options.js";
export type { FollowOptions } from "./read/follow.js";
export type { LogScan } from "./read/scan.js";
export { RecordLog } from "./record-log.js";
export {
  type DamageReason,
  isRecordLogError,
  RecordLogError,
  type RecordLogErrorCode,
  type RecordLogErrorFacts,
  type RecordLogErrorOf,
} from "./record-log-error.js";
export { RecordLogReader } from "./record-log-reader.js";
export { segmentName } from "./store/store-names.js";
export type { AppendInput } from "./write/append-input.js";
