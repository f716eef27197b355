import { InvalidArgumentError } from "commander";

/** The reference's bounds of segment ids and of offsets and counts. */
export const U32_MAX = 2n ** 32n - 1n;
export const U64_MAX = 2n ** 64n - 1n;

/**
 * Returns what reads an option's whole number from 0 to `max`. Above 2^53 the number is rounded: no offset or count
 * of a store is that large.
 */
export function wholeNumber(max: bigint): (text: string) => number {
  return (text) => {
    if (!/^\d{1,20}$/.test(text) || BigInt(text) > max) {
      throw new InvalidArgumentError(`Expected a whole number from 0 to ${max}.`);
    }
    return Number(text);
  };
}
