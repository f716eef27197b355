import { relative } from "node:path";
import { describeReason, describeWarning, type RecoveryReport, segmentName } from "@datawal/record-log";
import { counted, detail, number, say } from "../story.js";

/** Prints what an open found and repaired. */
export function tellRecovery(report: RecoveryReport): void {
  const { damageSegment, damageOffset = 0, damageReason, quarantinePath } = report;
  if (damageSegment === undefined || damageReason === undefined || quarantinePath === undefined)
    throw new Error("the half frame was not found and kept");
  say("Opening repairs what a crash has torn, and reports:");
  const valid = `${number(report.recordsReplayed)} in ${counted(report.filesScanned, "segment")}`;
  detail(valid, "valid records");
  detail(counted(report.tailBytesDiscarded, "byte"), "cut off");
  detail(`${segmentName(damageSegment)}, offset ${number(damageOffset)}`, "  where");
  detail(describeReason(damageReason), "  found");
  detail(counted(report.validFramesBeyond ?? 0, "valid frame"), "  behind it");
  detail(relative("", quarantinePath), "  kept in");
  for (const warning of report.warnings) detail(describeWarning(warning), "warning");
}
