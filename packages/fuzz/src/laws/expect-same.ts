import fc from "fast-check";

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
