import { describeWarning, type RecoveryReport, type RecoveryWarning } from "@datawal/record-log";
import type { Environment } from "../environment.js";
import { writeMessage } from "../render/message.js";
import { seeVerify } from "./store-failure.js";

/** Says on stderr, in one line, all that a report warns of. */
export function tellWarnings(
  command: string,
  store: string,
  { warnings }: RecoveryReport,
  { stderr }: Environment,
): void {
  if (warnings.length === 0) return;
  writeMessage(stderr, command, `${warnings.map(describeWarning).join("; ")}; ${seeVerify(store)}`);
}

/**
 * Says on stderr, in one line, which records a log lacks, if any.
 *
 * @param consequence What that means for the result; stands in front.
 */
export function warnOfGap(
  command: string,
  store: string,
  report: RecoveryReport,
  { stderr }: Environment,
  consequence = "",
): void {
  const gap = describeGap(report);
  if (gap !== undefined) writeMessage(stderr, command, `${consequence}${gap}; ${seeVerify(store)}`);
}

/**
 * Which files with records are missing or not read, or, where all are there, which txid should have come; `undefined`
 * in a log that lacks nothing.
 */
function describeGap({ warnings }: RecoveryReport): string | undefined {
  const files = warnings.filter(({ kind }) => FILE_KINDS.has(kind));
  const gaps = files.length > 0 ? files : warnings.filter(({ kind }) => kind === "txid-gap");
  return gaps.length > 0 ? gaps.map(describeWarning).join("; ") : undefined;
}

const FILE_KINDS: ReadonlySet<RecoveryWarning["kind"]> = new Set([
  "missing-segment",
  "missing-beginning",
  "repair-unfinished",
  "overlong-segment-name",
]);
