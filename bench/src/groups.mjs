import { append } from "./groups/append.mjs";
import { batch } from "./groups/batch.mjs";
import { browser } from "./groups/browser.mjs";
import { cli } from "./groups/cli.mjs";
import { compact } from "./groups/compact.mjs";
import { compaction } from "./groups/compaction.mjs";
import { fsync } from "./groups/fsync.mjs";
import { get } from "./groups/get.mjs";
import { groupCommit } from "./groups/group-commit.mjs";
import { latency } from "./groups/latency.mjs";
import { mixed } from "./groups/mixed.mjs";
import { open } from "./groups/open.mjs";
import { profile } from "./groups/profile.mjs";
import { put } from "./groups/put.mjs";
import { scale } from "./groups/scale.mjs";
import { scan } from "./groups/scan.mjs";
import { tried } from "./groups/tried.mjs";
import { verify } from "./groups/verify.mjs";

/** By the name that `pnpm bench` takes, in the order in which they run. */
export const GROUPS = {
  append,
  batch,
  fsync,
  "group-commit": groupCommit,
  put,
  get,
  open,
  scan,
  compact,
  compaction,
  mixed,
  verify,
  cli,
  browser,
  latency,
  scale,
  tried,
  profile,
};
