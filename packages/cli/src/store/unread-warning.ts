import type { LogVerification } from "@datawal/record-log";
import type { Environment } from "../environment.js";
import { writeMessage } from "../render/message.js";
import { renderReport } from "../render/recovery-report.js";
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
    writeMessage(stderr, command, summary);
    stderr.write(renderReport(found, store, stderr));
  }
}
