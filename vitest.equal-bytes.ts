import { expect } from "vitest";

/**
 * Finds equal bytes equal at once: element by element, a quarter of the time of all tests went there. Of everything
 * else it says nothing, and what differs is found, and shown, as ever.
 */
function areEqualBytes(one: unknown, other: unknown): true | undefined {
  if (!(one instanceof Uint8Array && other instanceof Uint8Array)) return undefined;
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return undefined;
  return Buffer.compare(one, other) === 0 ? true : undefined;
}

expect.addEqualityTesters([areEqualBytes]);
