import { relative } from "node:path";
import { describeReason, describeWarning, type RecoveryReport, segmentName } from "@datawal/record-log";
import { DataWal } from "datawal";
import type { Input } from "../input/input.js";
import { Problem } from "../problem.js";
import { counted, number, type Story } from "../story.js";

/** Opens the store as any program would, which repairs it, and prints what that found. */
export async function reopen(store: string, { segmentBytesMax }: Input, story: Story): Promise<DataWal> {
  const db = await DataWal.open(store, { segmentBytesMax });
  const report = db.recoveryReport();
  story.say("Opening repairs what a crash has torn, and reports:");
  tellReport(report, story);
  if (report.quarantinePath === undefined) throw new Problem("the half frame was not found and kept");
  return db;
}

function tellReport(report: RecoveryReport, story: Story): void {
  story.row(
    "valid records",
    `${number(report.recordsReplayed)} in ${counted(report.filesScanned, "segment")}`,
  );
  story.row("last txid", String(report.lastTxidSeen));
  story.row("cut off", counted(report.tailBytesDiscarded, "byte"));
  if (report.damageSegment !== undefined && report.damageReason) {
    story.row("  where", `${segmentName(report.damageSegment)}, offset ${number(report.damageOffset ?? 0)}`);
    story.row("  found", describeReason(report.damageReason));
    story.row("  behind it", counted(report.validFramesBeyond ?? 0, "valid frame"));
    story.row(
      "  kept in",
      report.quarantinePath ? relative("", report.quarantinePath) : "nowhere: all zeros",
    );
  }
  for (const warning of report.warnings) story.row("warning", describeWarning(warning));
}
