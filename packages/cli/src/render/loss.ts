import { basename } from "node:path";
import { describeReason, type SalvageLoss } from "@datawal/record-log";
import type { RepairLosses } from "../store/repair-losses.js";
import type { JsonFields } from "./json.js";
import type { Row } from "./table.js";

/** What a repair had to leave behind, place by place. */
export function lossRows({ lost, missingSegments, leftOut }: RepairLosses): Row[] {
  return [
    ...lost.map((loss): Row => ["lost", describeLoss(loss), "bad"]),
    ...missingSegments.map((segment): Row => ["lost", `segment ${segment}: the file is missing`, "bad"]),
    ...leftOut.map((loss): Row => ["left_out", `${describeLoss(loss)}; no record was found in them`]),
  ];
}

/** As {@link lossRows}, for JSON. */
export function lossFields({ lost, missingSegments }: RepairLosses): JsonFields {
  return { lost: lost.map(placeFields), missing_segments: missingSegments };
}

/** As {@link lossFields}, for what is no loss. */
export function leftOutFields({ leftOut }: RepairLosses): JsonFields {
  return { left_out: leftOut.map(placeFields) };
}

function placeFields({ path, segment, offset, bytes, reason }: SalvageLoss): JsonFields {
  return { segment, offset, bytes, reason, file: basename(path) };
}

function describeLoss({ path, offset, bytes, reason }: SalvageLoss): string {
  return `${basename(path)}, offset ${offset}, ${bytes} bytes: ${describeReason(reason)}`;
}
