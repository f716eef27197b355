import type { Workload } from "../workload.js";
import { appendFsync } from "./append-fsync.js";
import { batch } from "./batch.js";
import { compactInPlace } from "./compact-in-place.js";
import { compactTo } from "./compact-to.js";
import { exportJsonl } from "./export-jsonl.js";
import { putMany } from "./put-many.js";
import { REPAIRS } from "./repair-on-open.js";
import { rotate } from "./rotate.js";

/** Eight, of which repair on open has a variant for each ending that a crash leaves. */
export const WORKLOADS: readonly Workload[] = [
  appendFsync,
  rotate,
  ...REPAIRS,
  putMany,
  compactTo,
  exportJsonl,
  compactInPlace,
  batch,
];

export function workloadNamed(name: string): Workload {
  const found = WORKLOADS.find((workload) => workload.name === name);
  if (!found) throw new Error(`expected one of ${WORKLOADS.map((each) => each.name)}, got ${name}`);
  return found;
}
