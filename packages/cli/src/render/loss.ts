import { basename } from "node:path";
import { describeReason, type SalvagedQuarantine, type SalvageLoss } from "@datawal/record-log";
import type { RepairLosses } from "../store/repair-losses.js";
import type { JsonFields } from "./json.js";
import { shellWord } from "./shell-word.js";
import type { Row } from "./table.js";

/** What a repair had to leave behind, place by place. */
export function lossRows({ lost, missingSegments, leftOut, extracted }: RepairLosses): Row[] {
  return [
    ...lost.map((loss): Row => ["lost", describeLoss(loss), "bad"]),
    ...missingSegments.map((segment): Row => ["lost", `segment ${segment}: the file is missing`, "bad"]),
    ...leftOut.map((loss): Row => ["left_out", `${describeLoss(loss)}; no record was found in them`]),
    ...extracted.map((each): Row => ["extracted", describeExtracted(each)]),
  ];
}

/** As {@link lossRows}, for JSON. */
export function lossFields({ lost, missingSegments }: RepairLosses): JsonFields {
  return { lost: lost.map(placeFields), missing_segments: missingSegments };
}

/** As {@link lossFields}, for what is no loss. */
export function leftOutFields({ leftOut, extracted }: RepairLosses): JsonFields {
  return {
    left_out: leftOut.map(placeFields),
    extracted: extracted.map(({ paths, records, target }) => ({
      files: paths.map((path) => basename(path)),
      records,
      ...(target === undefined ? {} : { target }),
    })),
  };
}

function describeExtracted({ paths, records, target }: SalvagedQuarantine): string {
  const place = target === undefined ? "would go to a store of their own" : `are in ${shellWord(target)}`;
  return `${records} records of ${basename(paths[0]!)} ${place}: the record they stood behind is not there, so what was deleted since is not known`;
}

function placeFields({ path, segment, offset, bytes, reason }: SalvageLoss): JsonFields {
  return { segment, offset, bytes, reason, file: basename(path) };
}

function describeLoss({ path, offset, bytes, reason }: SalvageLoss): string {
  return `${basename(path)}, offset ${offset}, ${bytes} bytes: ${describeReason(reason)}`;
}
