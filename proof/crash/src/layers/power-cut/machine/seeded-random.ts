import { seededRandom } from "../../../laboratory/seeded-random.js";

/** Draws that are the same in every run with the same seeds. */
export class SeededRandom {
  readonly #next: () => number;

  /** @param seeds Whole numbers: each combination gives draws of its own. */
  constructor(...seeds: number[]) {
    this.#next = seededRandom(
      seeds.reduce((state, seed) => Math.floor(seededRandom(state + seed)() * 2 ** 32), 0),
    );
  }

  /** A whole number from 0 to `count` - 1. */
  below(count: number): number {
    return Math.floor(this.#next() * count);
  }

  /** Whether something happens that happens once in `count` times. */
  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  /** @returns the same bytes, filled. */
  fill(bytes: Uint8Array): Uint8Array {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let offset = 0;
    for (; offset + 4 <= bytes.length; offset += 4) view.setUint32(offset, this.below(2 ** 32));
    for (; offset < bytes.length; offset++) bytes[offset] = this.below(256);
    return bytes;
  }
}
