import type { Paint, Tone } from "../output/color.js";
import type { Output } from "../output/output.js";
import { safeLine } from "./terminal-safe.js";
import { wrap } from "./wrap.js";

/** A label and its value: values stand in one column. */
export type Row = readonly [label: string, value: string | number | bigint, tone?: Tone];

/**
 * One line for each row; on a terminal a value that is too long goes on below itself.
 *
 * @param labelWidth Characters up to the values; a label with its colon may fill it.
 * @param output Where the rows go to.
 * @param paint Colors the values that have a tone; nothing is colored when absent.
 */
export function renderRows(
  rows: readonly Row[],
  labelWidth: number,
  { columns }: Pick<Output, "columns">,
  paint?: Paint,
): string {
  return rows
    .map(([label, value, tone]) => {
      const lines = wrap(safeLine(String(value)), { columns, firstColumn: labelWidth, indent: labelWidth });
      const shown = paint && tone ? lines.map((line) => paint(tone, line)) : lines;
      return `${`${label}:`.padEnd(labelWidth)}${shown.join("\n")}\n`;
    })
    .join("");
}
