import type { LogVerification } from "@datawal/record-log";
import type { Environment } from "../environment.js";
import { renderReport } from "../render/recovery-report.js";

/** Of a command that printed what it could of a log: says on stderr, in a whole report, where that is not all. */
export function warnOfUnread(command: string, found: LogVerification, { stderr }: Environment): void {
  if (found.verdict === "intact") return;
  stderr.write(`datawal: ${command}: not all of the log could be read\n${renderReport(found)}`);
}
