import { withCode } from "./format-error.js";

/**
 * Refuses what cannot be an offset or a length. A wrong offset must not look like the end of the bytes: a recovery
 * would take that for a torn tail and cut there.
 *
 * @throws {RangeError} ERR_DATAWAL_NOT_WHOLE_BYTES: not a whole number from 0
 */
export function checkWholeBytes(value: number, what: string): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  const message = `${what} expected a whole number of bytes from 0, got ${String(value)}`;
  throw withCode(new RangeError(message), "ERR_DATAWAL_NOT_WHOLE_BYTES", { what, actual: value });
}
