import type { Decoded } from "@datawal/format";
import fc from "fast-check";
import type { GeneratedRecord } from "../arbitraries/record.js";

/** @throws Error that says both, where they are not the same when written down */
export function expectSame(what: string, actual: unknown, expected: unknown): void {
  const [actualText, expectedText] = [fc.stringify(actual), fc.stringify(expected)];
  if (actualText !== expectedText) throw new Error(`${what}: expected ${expectedText}, got ${actualText}`);
}

export function isSameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

/** The same for equal bytes, and for no others. */
export function nameOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

export function isSameRecord(one: GeneratedRecord, other: GeneratedRecord | undefined): boolean {
  return (
    other !== undefined &&
    one.type === other.type &&
    one.txid === other.txid &&
    isSameBytes(one.key, other.key) &&
    isSameBytes(one.payload, other.payload)
  );
}

/** The fields that count, in one order and of one class of bytes, so that they can be compared as text. */
export function plainOutcome(decoded: Decoded): unknown {
  if (decoded.kind !== "record") return decoded;
  const { kind, type, txid, key, payload, end, len } = decoded;
  return { kind, type, txid, key: new Uint8Array(key), payload: new Uint8Array(payload), end, len };
}
