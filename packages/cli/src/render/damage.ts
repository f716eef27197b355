import {
  describeReason,
  describeWarning,
  type LogVerification,
  type RecoveryWarning,
  segmentName,
  type VerifiedDamage,
} from "@datawal/record-log";
import type { Tone } from "../output/color.js";
import type { JsonFields } from "./json.js";
import { shellWord } from "./shell-word.js";
import type { Row } from "./table.js";

/**
 * What a verification adds to the reference's fields: the verdict, what is wrong in detail, and what to do next.
 *
 * @param store As it was named on the command line.
 */
export function findingRows(found: LogVerification, store: string): Row[] {
  const { verdict, damages, report } = found;
  return [
    ["verdict", verdict, VERDICT_TONES[verdict]],
    ...damages.map((damage): Row => ["damage", describeDamage(damage), VERDICT_TONES[verdict]]),
    ...report.warnings.map((warning): Row => ["warning", describeWarning(warning), "caution"]),
    ...adviceOn(found, store).map((advice): Row => ["next", advice]),
  ];
}

const VERDICT_TONES: Readonly<Record<LogVerification["verdict"], Tone>> = {
  intact: "good",
  torn: "caution",
  damaged: "bad",
};

/** As {@link findingRows}, for JSON: the fields that follow the reference's. */
export function findingFields({ verdict, damages, report }: LogVerification): JsonFields {
  return { verdict, damages: damages.map(damageFields), warnings: report.warnings.map(warningFields) };
}

function describeDamage(damage: VerifiedDamage): string {
  const { segment, offset, bytes, reason, validFramesBeyond } = damage;
  const beyond = validFramesBeyond > 0 ? `; valid frames beyond it: ${validFramesBeyond}` : "";
  return `${segmentName(segment)}, offset ${offset}: expected a frame, found ${describeReason(reason)}; bytes from there to the end of the file: ${bytes}${beyond}`;
}

function damageFields(damage: VerifiedDamage): JsonFields {
  const { segment, offset, bytes, reason, isSealed, validFramesBeyond } = damage;
  return { segment, offset, bytes, reason, is_sealed: isSealed, valid_frames_beyond: validFramesBeyond };
}

function warningFields(warning: RecoveryWarning): JsonFields {
  return { kind: warning.kind, message: describeWarning(warning) };
}

function adviceOn(found: LogVerification, store: string): string[] {
  if (found.verdict === "damaged") return [adviceOnDamage(found, store)];
  if (found.verdict === "torn") return [adviceOnTear(found)];
  return found.report.warnings.some(({ kind }) => kind === "missing-segment") ? [PUT_BACK] : [];
}

function adviceOnDamage({ damages }: LogVerification, store: string): string {
  const explanation = damages.some(({ verdict }) => verdict === "unsupported")
    ? "a newer version may have written this: try that one first; otherwise"
    : "no crash explains this:";
  return `${explanation} copy the directory before anything else, then restore it from a backup, or save what can be read: datawal repair ${shellWord(store)} --to NEW`;
}

function adviceOnTear({ damages }: LogVerification): string {
  const kept = damages.every(({ reason }) => reason === "zeros") ? "" : " and keeps it in a file";
  return `nothing is to be done: the next open for writing cuts the torn tail off${kept}`;
}

const PUT_BACK = "put the missing files back from a backup, if there is one: nothing else has their records";
