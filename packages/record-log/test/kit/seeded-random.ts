/** Numbers that look random and are the same in every run: mulberry32. */
export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 to `count` - 1. */
  below(count: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * count);
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.below(256));
  }
}

const { DATAWAL_SEED = "20261120", DATAWAL_FULL } = process.env;

/** The seed of this run: `DATAWAL_SEED`, or a fixed one. Tests that draw print it in their names or messages. */
export const SEED = Number(DATAWAL_SEED);

/** Whether a run leaves nothing to samples (`DATAWAL_FULL=nightly`, set by `npm run nightly`). */
export const IS_WHOLE_RUN = DATAWAL_FULL === "nightly";
/** Whether a run tries more than a first look (`DATAWAL_FULL=1`, set by .ci/run, or all). */
export const IS_FULL_RUN = DATAWAL_FULL === "1" || IS_WHOLE_RUN;

/**
 * Every value from `first` to `last`, always with both ends.
 *
 * @param count About how many of them in a quick run.
 * @param fullCount About how many in a full run that is not whole; all when absent.
 */
export function allOrSample(
  first: number,
  last: number,
  count: number,
  fullCount = Number.POSITIVE_INFINITY,
): number[] {
  const all = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const wanted = IS_WHOLE_RUN ? all.length : IS_FULL_RUN ? fullCount : count;
  if (all.length <= wanted) return all;
  const random = new SeededRandom(SEED + last);
  const kept = new Set([first, last]);
  while (kept.size < wanted) kept.add(first + random.below(all.length));
  return [...kept].sort((a, b) => a - b);
}
