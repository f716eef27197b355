import type { SalvageLoss, SalvageResult } from "@datawal/record-log";
import { nodeFileSystem } from "@datawal/safeatomic";

/** What a repair did not save. */
export interface RepairLosses {
  /** Stretches of the log that belong to no record that was saved. */
  lost: readonly SalvageLoss[];
  missingSegments: readonly number[];
  /** Quarantine files without a single record. */
  leftOut: readonly SalvageLoss[];
}

/**
 * Tells what a log lost from what was none of it. A tail that an earlier open cut off, and in which no record stands, is
 * what a crash left of an append: the log went on without it. Where records were found among such bytes, those between
 * them were records, too.
 */
export function repairLosses({ lost, missingSegments }: SalvageResult): RepairLosses {
  const isLeftOut = new Map(lost.map((loss) => [loss, isWholeQuarantine(loss)]));
  return {
    lost: lost.filter((loss) => !isLeftOut.get(loss)),
    missingSegments,
    leftOut: lost.filter((loss) => isLeftOut.get(loss)),
  };
}

function isWholeQuarantine({ path, offset, bytes, reason }: SalvageLoss): boolean {
  return reason === "quarantine" && offset === 0 && nodeFileSystem.stat(path)?.size === bytes;
}
