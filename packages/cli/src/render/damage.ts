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
import type { Row } from "./table.js";

/** What a verification adds to the reference's fields: the verdict, and what is wrong in detail. */
export function findingRows({ verdict, damages, report }: LogVerification): Row[] {
  return [
    ["verdict", verdict, VERDICT_TONES[verdict]],
    ...damages.map((damage): Row => ["damage", describeDamage(damage), VERDICT_TONES[verdict]]),
    ...report.warnings.map((warning): Row => ["warning", describeWarning(warning), "caution"]),
    ...ADVICE[verdict].map((advice): Row => ["next", advice]),
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

const ADVICE: Readonly<Record<LogVerification["verdict"], readonly string[]>> = {
  intact: [],
  torn: ["nothing is to be done: the next open for writing cuts the torn tail off and keeps it in a file"],
  damaged: [
    "no crash explains this: copy the directory before anything else, then restore it from a backup, or save what can be read: datawal repair STORE --to NEW",
  ],
};
