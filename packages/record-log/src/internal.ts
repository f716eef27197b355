/**
 * For the other datawal packages alone, and without any promise: every release may change it or take it away.
 *
 * @packageDocumentation
 */

export { snapshotSteps } from "./copy/snapshot-to.js";
export { hardwareCrc32c } from "./crc/hardware-crc.js";
export { tell } from "./events.js";
export {
  type KnownSegment,
  type KnowSegments,
  type ListedLog,
  markSegment,
  proveSegments,
  type SegmentExtent,
} from "./inspect/known-segments.js";
export { verifyLogSteps } from "./inspect/verify-log.js";
export { type OptionNames, requireKnownOptions } from "./known-options.js";
export { type LogBase, openLogOf } from "./log-base.js";
export type { OpenLog } from "./open-log.js";
export {
  badOption,
  fileSystemOf,
  LONG_OPERATION_OPTIONS,
  MAKE_OPTIONS,
  OPEN_OPTIONS,
  READER_OPTIONS,
} from "./open-options.js";
export { madeByNew, namePublicClass } from "./public-class.js";
export { checkPollMs, POLL_MS_DEFAULT, pause, untilAborted } from "./read/follow.js";
export {
  appendBatch,
  appendKeyed,
  beforeRelease,
  openLogSteps,
  removeCompactedSteps,
  requireCompactable,
  requireWritable,
} from "./record-log.js";
export { storeIoError } from "./record-log-error.js";
export { openReaderSteps, refreshSteps } from "./record-log-reader.js";
export { QUARANTINE_HEADER_LEN } from "./repair/quarantine-header.js";
export { DirectoryLock } from "./store/directory-lock.js";
export type { FrameRange } from "./store/frame-ring.js";
export { FrameMemory } from "./store/memory.js";
export { removeEmptyStore } from "./store/remove-empty-store.js";
export { readRemovedSegments } from "./store/removed-segments.js";
export { findStoreDirectory, isHollow, oldStorePath, storePlace } from "./store/store-directory.js";
export {
  CHECKPOINT_NAME,
  parseStoreName,
  quarantineDirectoryName,
  swapMarkName,
  temporaryName,
} from "./store/store-names.js";
export { withStoreErrors } from "./store/store-operation.js";
export { inodeOf } from "./store/sync-note.js";
export type { BatchListener, Draw } from "./write/batch.js";
