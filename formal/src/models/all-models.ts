import type { Model } from "../model.js";
import { compaction } from "./compaction.js";
import { groupCommit } from "./group-commit.js";
import { keydirProjection } from "./keydir-projection.js";
import { lock } from "./lock.js";
import { readWhileWrite } from "./read-while-write.js";
import { recordLog } from "./record-log.js";

/** In the order of the table. */
export const MODELS: readonly Model[] = [
  recordLog,
  compaction,
  readWhileWrite,
  keydirProjection,
  groupCommit,
  lock,
];
