/** A value that JSON can hold; a bigint stands for an integer of any size. */
export type JsonValue = string | number | bigint | boolean | readonly JsonValue[] | JsonFields;
export interface JsonFields {
  readonly [name: string]: JsonValue;
}

/**
 * One compact JSON object and LF, fields in the order given. Integers are written with all their digits, also above
 * 2^53: a reader that makes doubles of them loses the last ones, and needs a parser for big integers.
 */
export function jsonLine(kind: string, fields: JsonFields): string {
  return `${jsonText({ schema: SCHEMA, kind, ...fields })}\n`;
}

export const SCHEMA = "datawal.cli.v1";

function jsonText(value: JsonValue): string {
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object") return JSON.stringify(value);
  if (isArray(value)) return `[${value.map(jsonText).join(",")}]`;
  const members = Object.entries(value).map(
    ([name, member]) => `${JSON.stringify(name)}:${jsonText(member)}`,
  );
  return `{${members.join(",")}}`;
}

function isArray(value: readonly JsonValue[] | JsonFields): value is readonly JsonValue[] {
  return Array.isArray(value);
}
