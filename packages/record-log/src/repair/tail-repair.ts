import type { FileStat } from "@datawal/safeatomic";
import type { Steps } from "@datawal/safeatomic/internal";
import type { FrameMark } from "../inspect/frame-mark.js";
import type { Damage, SegmentFindings } from "../inspect/inspection.js";
import { isNoSpace, noSpaceError } from "../inspect/refusal.js";
import type { RecoveryReport } from "../inspect/report.js";
import { isRecordLogError } from "../record-log-error.js";
import type { Store } from "../store/store.js";
import { quarantineTail } from "./quarantine.js";
import { applyJournal, type JournalWriter, rewriteTail } from "./tail-journal.js";

interface RepairCase {
  /** Bytes of the segment known to be on disk. */
  provenSize: number;
  /** Whether the bytes behind the prefix may be lost where there is no space to keep them. */
  isExpendable: boolean;
  /** The last frame of the log. */
  before: FrameMark | undefined;
  /** Told where the discarded bytes went. */
  report: RecoveryReport;
}

/**
 * Makes the active segment end exactly at its valid prefix, all of it on disk (disk-rules R4). First everything that
 * is about to be cut is kept elsewhere, durably; then it is cut. A crash in between loses nothing, and the next open
 * finds the same case again.
 *
 * @returns The segment as it is then.
 */
export function* repairTail(
  store: Store,
  findings: SegmentFindings,
  journal: JournalWriter,
  repair: RepairCase,
): Steps<FileStat> {
  const bytesNeeded = findings.size - Math.min(repair.provenSize, findings.validEnd);
  try {
    if (findings.damage) yield* keepTail(store, findings.damage, repair);
    if (journal.byteCount > 0) yield* journal.publish();
  } catch (error) {
    throw noSpaceError(error, findings.path, bytesNeeded);
  }
  if (journal.byteCount > 0) return yield* applyJournal(store, findings.segment);
  return yield* rewriteTail(store.fileSystem, findings.path, { ...findings, size: findings.validEnd });
}

function* keepTail(store: Store, damage: Damage, { isExpendable, before, report }: RepairCase): Steps<void> {
  const { segment, offset, bytes } = damage;
  try {
    const { paths, byteCount } = yield* quarantineTail(store, damage, before);
    report.quarantinePath = paths[0];
    if (paths.length > 1)
      report.warnings.push({ kind: "kept-in-parts", segment, offset, bytes, keptBytes: byteCount, paths });
  } catch (error) {
    const reason = isNoSpace(error)
      ? "no-space"
      : isRecordLogError(error, "ERR_DATAWAL_TAIL_TOO_LARGE")
        ? "too-large"
        : undefined;
    if (!isExpendable || !reason) throw error;
    report.warnings.push({ kind: "cut-without-quarantine", segment, offset, bytes, reason });
  }
}
