import { defineCat } from "./cat.js";
import { defineCheck } from "./check.js";
import type { DefineCommand } from "./command.js";
import { defineCompact } from "./compact.js";
import { defineCompletion } from "./completion.js";
import { defineDelete } from "./delete.js";
import { defineDiff } from "./diff.js";
import { defineDump } from "./dump.js";
import { defineExport } from "./export.js";
import { defineGet } from "./get.js";
import { defineHelp } from "./help.js";
import { defineImport } from "./import.js";
import { defineKeys } from "./keys.js";
import { defineLocks } from "./locks.js";
import { definePut } from "./put.js";
import { defineRepair } from "./repair.js";
import { defineReport } from "./report.js";
import { defineRotate } from "./rotate.js";
import { defineScan } from "./scan.js";
import { defineSnapshot } from "./snapshot.js";
import { defineStats } from "./stats.js";
import { defineSwap } from "./swap.js";
import { defineTail } from "./tail.js";
import { defineVerify } from "./verify.js";

/** In the order of the help. */
export const COMMANDS: Readonly<Record<string, DefineCommand>> = {
  scan: defineScan,
  dump: defineDump,
  tail: defineTail,
  cat: defineCat,
  report: defineReport,
  verify: defineVerify,
  check: defineCheck,
  stats: defineStats,
  get: defineGet,
  keys: defineKeys,
  diff: defineDiff,
  locks: defineLocks,
  export: defineExport,
  compact: defineCompact,
  snapshot: defineSnapshot,
  repair: defineRepair,
  put: definePut,
  delete: defineDelete,
  import: defineImport,
  rotate: defineRotate,
  swap: defineSwap,
  completion: defineCompletion,
  help: defineHelp,
};
