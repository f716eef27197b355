import { basename } from "node:path";
import { describeReason, type SalvageLoss, type SalvageResult } from "@datawal/record-log";
import type { JsonFields } from "./json.js";
import type { Row } from "./table.js";

/** What a repair had to leave behind, place by place. */
export function lossRows({ lost, missingSegments }: SalvageResult): Row[] {
  return [
    ...lost.map((loss): Row => ["lost", describeLoss(loss), "bad"]),
    ...missingSegments.map((segment): Row => ["lost", `segment ${segment}: the file is missing`, "bad"]),
  ];
}

/** As {@link lossRows}, for JSON. */
export function lossFields({ lost, missingSegments }: SalvageResult): JsonFields {
  return {
    lost: lost.map(({ path, segment, offset, bytes, reason }) => ({
      segment,
      offset,
      bytes,
      reason,
      file: basename(path),
    })),
    missing_segments: missingSegments,
  };
}

function describeLoss({ path, offset, bytes, reason }: SalvageLoss): string {
  const found = reason === "quarantine" ? "bytes that an earlier repair cut off" : describeReason(reason);
  return `${basename(path)}, offset ${offset}, ${bytes} bytes: ${found}`;
}
