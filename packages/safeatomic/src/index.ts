export { CodedError, type CodedErrorOf, type FactsOf, type Told } from "./coded-error.js";
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
export { fsyncDir, fsyncDirSync } from "./fsync-directory.js";
export { nodeFileSystem } from "./node/node-file-system.js";
export { renameAtomic, renameAtomicSync } from "./rename-atomic.js";
export {
  isSafeatomicError,
  SafeatomicError,
  type SafeatomicErrorCode,
  type SafeatomicErrorFacts,
  type SafeatomicErrorOf,
} from "./safeatomic-error.js";
export type { LongOperationOptions, Progress } from "./steps.js";
export { writeAppendFsync, writeAppendFsyncSync } from "./write-append-fsync.js";
export { writeAtomic, writeAtomicSync } from "./write-atomic.js";
export { writeOnce, writeOnceSync, writeOnceWithParents, writeOnceWithParentsSync } from "./write-once.js";
export type { FileData, FileOptions, WriteOptions } from "./write-options.js";
