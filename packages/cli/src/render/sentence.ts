import type { LogVerification } from "@datawal/record-log";
import type { Output } from "../output/output.js";
import { sizeText } from "./size.js";
import { wrap } from "./wrap.js";

/**
 * What a store is, in one sentence for people: stands on a terminal in front of the rows, which are the reference's.
 *
 * @param frees What compaction would give back, where it has been counted.
 * @returns Nothing for a pipe or a file.
 */
export function storeSentence(
  { verdict, segments, report }: LogVerification,
  { columns }: Pick<Output, "columns">,
  frees = 0,
): string {
  if (columns === undefined) return "";
  const bytes = segments.reduce((sum, { size }) => sum + size, 0);
  const counts = [
    counted(segments.length, "segment"),
    counted(report.recordsReplayed, "record"),
    sizeText(bytes),
  ];
  const gain = frees > 0 ? `; compaction would free ${sizeText(frees)}` : "";
  const text = `${counts.join(", ")}, ${verdict}${gain}`;
  return `${wrap(text, { columns, firstColumn: 0, indent: 0 }).join("\n")}\n\n`;
}

function counted(count: number, what: string): string {
  return `${count.toLocaleString("en-US")} ${what}${count === 1 ? "" : "s"}`;
}
