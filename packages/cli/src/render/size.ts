import type { JsonFields } from "./json.js";
import type { Row } from "./table.js";

const UNITS = ["KiB", "MiB", "GiB", "TiB"];

/** A number of bytes for people: with one digit behind the point from 1 KiB on. */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const power = Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length);
  return `${(bytes / 1024 ** power).toFixed(1)} ${UNITS[power - 1]}`;
}

/** Fields as rows; beside a large number of bytes stands how much that is. */
export function sizeRows(fields: JsonFields): Row[] {
  return Object.entries(fields).map(([name, value]) => [
    name,
    typeof value === "number" && value >= 1024 && isBytes(name)
      ? `${value} (${sizeText(value)})`
      : String(value),
  ]);
}

function isBytes(name: string): boolean {
  return /(^|_)bytes(_|$)/.test(name) || name === "compaction_frees";
}
