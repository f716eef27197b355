/**
 * For the other datawal packages alone, and without any promise: every release may change it or take it away.
 *
 * @packageDocumentation
 */

export { afterChange } from "./after-change.js";
export { appendFully, appendPartsFully } from "./append-fully.js";
export { codeGiver, hasCode } from "./coded-error.js";
export { makeDurableDirectory, removeIfEmpty } from "./durable-directory.js";
export { nowMs, runAfter, runSoon, sleep, turnTaker } from "./event-loop.js";
export { nodeAdvice } from "./file-operation.js";
export { fsyncDirectorySteps } from "./fsync-directory.js";
export { type OptionNames, unknownOption } from "./known-options.js";
export { loadOptionalPackage } from "./node/optional-package.js";
export { ownOptions } from "./own-options.js";
export { publishFile } from "./publish-file.js";
export { readFully } from "./read-fully.js";
export { realPlace } from "./real-path.js";
export { errnoOf } from "./safeatomic-error.js";
export { type Identified, isSameFile } from "./same-file.js";
export {
  fsyncFile,
  type ProgressStep,
  runAsync,
  runSync,
  type Steps,
  type WaitStep,
  waitFor,
  withoutProgress,
} from "./steps.js";
export { temporaryPathFor } from "./temporary-name.js";
export { openedStat, useFile, useFileSteps } from "./use-file.js";
export { withMode } from "./with-mode.js";
export { replaceFile } from "./write-atomic.js";
