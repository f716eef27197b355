export { afterChange } from "./after-change.js";
export { appendFully, appendPartsFully } from "./append-fully.js";
export { makeDurableDirectory, removeIfEmpty } from "./durable-directory.js";
export { nextTurn, nowMs, runSoon, sleep, turnTaker } from "./event-loop.js";
export { nodeAdvice } from "./file-operation.js";
export type {
  DirectoryEntry,
  EntryKind,
  FileStat,
  FileSystem,
  HeldLock,
  LockState,
  OpenFile,
  RefusedLock,
} from "./file-system.js";
export { fsyncDir, fsyncDirectorySteps, fsyncDirSync } from "./fsync-directory.js";
export { nodeFileSystem } from "./node/node-file-system.js";
export { loadOptionalPackage, type OptionalPackage } from "./node/optional-package.js";
export { ownOptions } from "./own-options.js";
export { printable } from "./printable.js";
export { type Publication, publishFile } from "./publish-file.js";
export { readFully } from "./read-fully.js";
export { realPlace } from "./real-path.js";
export { renameAtomic, renameAtomicSync } from "./rename-atomic.js";
export {
  errnoOf,
  isSafeatomicError,
  SafeatomicError,
  type SafeatomicErrorCode,
  type SafeatomicErrorFacts,
  type SafeatomicErrorOf,
} from "./safeatomic-error.js";
export { type Identified, isSameFile } from "./same-file.js";
export {
  fsyncFile,
  type LongOperationOptions,
  type Progress,
  type ProgressStep,
  runAsync,
  runSync,
  type Steps,
  type WaitStep,
  waitFor,
} from "./steps.js";
export { temporaryPathFor } from "./temporary-name.js";
export { writeAppendFsync, writeAppendFsyncSync } from "./write-append-fsync.js";
export { replaceFile, writeAtomic, writeAtomicSync } from "./write-atomic.js";
export { writeOnce, writeOnceSync, writeOnceWithParents, writeOnceWithParentsSync } from "./write-once.js";
export type { FileData, FileOptions, WriteOptions } from "./write-options.js";
