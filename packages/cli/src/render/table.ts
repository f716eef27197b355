import type { Paint, Tone } from "../output/color.js";
import { safeLine } from "./terminal-safe.js";

/** A label and its value: one line each, values in one column. */
export type Row = readonly [label: string, value: string | number | bigint, tone?: Tone];

/**
 * @param labelWidth Characters up to the values; a label with its colon may fill it.
 * @param paint Colors the values that have a tone; nothing is colored when absent.
 */
export function renderRows(rows: readonly Row[], labelWidth: number, paint?: Paint): string {
  return rows
    .map(([label, value, tone]) => {
      const text = safeLine(String(value));
      return `${`${label}:`.padEnd(labelWidth)}${paint && tone ? paint(tone, text) : text}\n`;
    })
    .join("");
}
