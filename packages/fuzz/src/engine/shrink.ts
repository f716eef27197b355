import type { FuzzTarget } from "./target.js";

/** Executions that are spent on it at most. */
const TRIES_MAX = 20_000;

/** @returns The smallest input found that fails with an error that reads the same, numbers apart. */
export function shrinkInput(target: FuzzTarget, input: Uint8Array, error: unknown): Uint8Array {
  const wanted = nameOf(error);
  let tries = 0;
  const stillFails = (candidate: Uint8Array): boolean => {
    if (++tries > TRIES_MAX) return false;
    try {
      target.run(candidate);
      return false;
    } catch (other) {
      return nameOf(other) === wanted;
    }
  };
  let smallest = input;
  for (let part = input.length >>> 1; part >= 1; part >>>= 1)
    smallest = withoutParts(smallest, part, stillFails);
  for (let at = 0; at < smallest.length; at++) {
    const zeroed = smallest.slice();
    zeroed[at] = 0;
    if (smallest[at] !== 0 && stillFails(zeroed)) smallest = zeroed;
  }
  return smallest;
}

function withoutParts(
  input: Uint8Array,
  part: number,
  stillFails: (input: Uint8Array) => boolean,
): Uint8Array {
  let smallest = input;
  for (let at = 0; at < smallest.length; ) {
    const shorter = new Uint8Array([...smallest.subarray(0, at), ...smallest.subarray(at + part)]);
    if (stillFails(shorter)) smallest = shorter;
    else at += part;
  }
  return smallest;
}

function nameOf(error: unknown): string {
  return String(error)
    .replaceAll(/\[[\d,]*\]|\d+/g, "N")
    .slice(0, 80);
}

/** What is known of an error: where it was thrown, too, where that is told. */
export function storyOf(error: unknown): string {
  return (error as { stack?: string } | undefined)?.stack ?? String(error);
}
