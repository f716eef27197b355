import { safeLine } from "./terminal-safe.js";

/** A label and its value: one line each, values in one column. */
export type Row = readonly [label: string, value: string | number | bigint];

/** @param labelWidth Characters up to the values; a label with its colon may fill it. */
export function renderRows(rows: readonly Row[], labelWidth: number): string {
  return rows
    .map(([label, value]) => `${`${label}:`.padEnd(labelWidth)}${safeLine(String(value))}\n`)
    .join("");
}
