import type { SeenRecord } from "../sides/side.js";

/** Where two lists of records are not the same, or nothing. */
export function recordDifference(a: readonly SeenRecord[], b: readonly SeenRecord[]): string | undefined {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const [left, right] = [a[index], b[index]];
    if (left && right && isSameRecord(left, right)) continue;
    return `record ${index}: ${describe(left)} and ${describe(right)}`;
  }
  return undefined;
}

export function isSameRecord(a: SeenRecord, b: SeenRecord): boolean {
  return (
    a.type === b.type &&
    a.txid === b.txid &&
    a.segment === b.segment &&
    a.offset === b.offset &&
    a.len === b.len &&
    Buffer.compare(a.key, b.key) === 0 &&
    Buffer.compare(a.payload, b.payload) === 0
  );
}

function describe(record: SeenRecord | undefined): string {
  if (!record) return "none";
  const { type, txid, segment, offset, key, payload } = record;
  return `type ${type} txid ${txid} at ${segment}/${offset}, key ${key.length} bytes, payload ${payload.length} bytes`;
}

/** Any plain values, to the text that two equal ones share. */
export function plainText(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) => {
    if (typeof part === "bigint") return `${part}n`;
    return part instanceof Uint8Array ? Buffer.from(part).toString("base64") : part;
  });
}
