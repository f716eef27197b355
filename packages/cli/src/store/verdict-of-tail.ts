import { isSyncedDataLost, type LogVerification, type RecoveryReport } from "@datawal/record-log";

/** The verdict on a store that a reader could open: at most its tail is damaged, or missing. */
export function verdictOfTail(report: RecoveryReport): LogVerification["verdict"] {
  if (isSyncedDataLost(report)) return "damaged";
  if (report.tailTruncated === 0) return "intact";
  return report.validFramesBeyond ? "damaged" : "torn";
}
