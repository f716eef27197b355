import type { Workload } from "../workload.js";
import { appendFsync, batch, importJsonl, putMany, rotate } from "./appending.js";
import { compactInPlace } from "./compacting.js";
import { dropSegmentsBefore } from "./dropping.js";
import { compactTo, exportJsonl, repairAtOpen, salvage, snapshot, swap } from "./publishing.js";

export const WORKLOADS: readonly Workload[] = [
  appendFsync,
  rotate,
  putMany,
  batch,
  importJsonl,
  repairAtOpen,
  compactTo,
  swap,
  exportJsonl,
  snapshot,
  salvage,
  dropSegmentsBefore,
  compactInPlace,
  ...[importJsonl, repairAtOpen, compactTo, swap, snapshot, dropSegmentsBefore, compactInPlace].map(
    besideSyncs,
  ),
];

/** The same, while the names it changes become durable one by one. */
function besideSyncs(workload: Workload): Workload {
  return { ...workload, name: `${workload.name}-beside-syncs`, isBesideSyncs: true };
}
