import type { LogVerification } from "@datawal/record-log";
import type { Environment } from "../environment.js";
import { writeMessage } from "../render/message.js";
import { renderReport } from "../render/recovery-report.js";
import { shellWord } from "../render/shell-word.js";
import { warnOfGap } from "./gap-warning.js";

/**
 * Of a command that printed what it could of a log: says on stderr, in a whole report, where that is not all that is
 * there, and in one line where something is not there.
 *
 * @param summary The report's first line.
 */
export function warnOfUnread(
  command: string,
  store: string,
  found: LogVerification,
  environment: Environment,
  summary = "not all of the log could be read",
): void {
  const { stderr } = environment;
  if (found.verdict === "intact") warnOfGap(command, store, found.report, environment);
  else {
    writeMessage(stderr, command, summary + behindDamage(found, store));
    stderr.write(renderReport(found, store, stderr));
  }
}

/** How many valid records are not shown since damage lies in front of them, and what shows them. */
function behindDamage(found: LogVerification, store: string): string {
  const count = framesBeyond(found);
  return count === 0
    ? ""
    : `; valid records behind damage: ${count}, printed by: datawal scan ${shellWord(store)} --beyond`;
}

export function framesBeyond({ damages }: LogVerification): number {
  return damages.reduce((sum, { validFramesBeyond }) => sum + validFramesBeyond, 0);
}
