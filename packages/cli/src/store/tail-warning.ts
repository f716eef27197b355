import {
  describeReason,
  describeWarning,
  isSyncedDataLost,
  type RecoveryReport,
  segmentName,
} from "@datawal/record-log";
import type { Environment } from "../environment.js";
import { type ExitCode, exitCodeOf } from "../exit-code.js";
import { writeMessage } from "../render/message.js";
import { seeRepair, seeVerify } from "./store-failure.js";
import { verdictOfTail } from "./verdict-of-tail.js";

/** Says on stderr that what was read ends before a damaged tail; returns the exit code that the tail deserves. */
export function warnOfTail(
  command: string,
  store: string,
  report: RecoveryReport,
  { stderr }: Environment,
): ExitCode {
  if (report.tailTruncated > 0) writeMessage(stderr, command, describeTail(store, report));
  return exitCodeOf(verdictOfTail(report));
}

/** One line on what a store lacks at its end that a reader could open: a damaged tail, or what had been synced. */
export function describeTail(store: string, report: RecoveryReport): string {
  const { tailTruncated, validFramesBeyond } = report;
  const lost = isSyncedDataLost(report);
  const found = [
    ...(tailTruncated > 0 ? [describeDamagedTail(report)] : []),
    ...(lost ? report.warnings.map(describeWarning) : []),
  ];
  return `${found.join("; ")}; ${lost || validFramesBeyond ? seeRepair(store) : seeVerify(store)}`;
}

function describeDamagedTail(report: RecoveryReport): string {
  const { damageSegment, damageOffset, damageReason, tailBytesDiscarded, validFramesBeyond } = report;
  const place = `${segmentName(damageSegment!)}, offset ${damageOffset}`;
  const beyond = validFramesBeyond ? `, valid frames beyond them: ${validFramesBeyond}` : "";
  return `the log ends before ${tailBytesDiscarded} unreadable bytes (${place}: ${describeReason(damageReason!)}${beyond})`;
}
