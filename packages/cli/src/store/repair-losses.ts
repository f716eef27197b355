import type { SalvagedQuarantine, SalvageLoss, SalvageResult } from "@datawal/record-log";

/** What a repair did not save, or not where it was. */
export interface RepairLosses {
  /** Stretches of the log that belong to no record that was saved. */
  lost: readonly SalvageLoss[];
  missingSegments: readonly number[];
  /** Quarantine files without a single record. */
  leftOut: readonly SalvageLoss[];
  /** Tails whose records are in stores of their own. */
  extracted: readonly SalvagedQuarantine[];
}

/**
 * Tells what a log lost from what was none of it. A tail that an earlier open cut off, and in which no record stands, is
 * what a crash left of an append: the log went on without it. Where records were found among such bytes, those between
 * them were records, too.
 */
export function repairLosses({ lost, missingSegments, quarantines }: SalvageResult): RepairLosses {
  const empty = new Set(
    quarantines.filter(({ outcome }) => outcome === "empty").flatMap(({ paths }) => paths),
  );
  const isLeftOut = ({ path, reason }: SalvageLoss) => reason === "quarantine" && empty.has(path);
  return {
    lost: lost.filter((loss) => !isLeftOut(loss)),
    missingSegments,
    leftOut: lost.filter(isLeftOut),
    extracted: quarantines.filter(({ outcome }) => outcome === "extracted"),
  };
}
