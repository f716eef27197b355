import type { FuzzTarget } from "./target.js";

const BYTES_MAX = 4_096;
/** Where numbers are cut by those who count in few bits, or with a sign; and what texts are made of. */
const KNOWN_BYTES = [0x00, 0x01, 0x7f, 0x80, 0xff, 0x20, 0x0a, 0x2d, 0x3d, 0x22];

type Change = (input: Uint8Array, draw: Draw) => Uint8Array;

interface Draw {
  below(count: number): number;
  readonly words: readonly Uint8Array[];
  /** Another input. */
  other(): Uint8Array;
}

const CHANGES: readonly Change[] = [
  (input, { below }) => with1(input, below(input.length), (byte) => byte ^ (1 << below(8))),
  (input, { below }) => with1(input, below(input.length), () => below(256)),
  (input, { below }) => with1(input, below(input.length), () => KNOWN_BYTES[below(KNOWN_BYTES.length)]!),
  (input, { below }) => with1(input, below(input.length), (byte) => byte + below(9) - 4),
  (input, { below }) => spliced(input, below(input.length + 1), 0, Uint8Array.of(below(256))),
  (input, { below }) => spliced(input, below(input.length + 1), below(8), new Uint8Array(0)),
  (input, { below }) => input.slice(0, below(input.length + 1)),
  (input, { below }) => {
    const start = below(input.length + 1);
    return spliced(input, below(input.length + 1), 0, input.slice(start, start + below(32)));
  },
  (input, { below, other }) => {
    const from = other();
    const start = below(from.length + 1);
    return spliced(input, below(input.length + 1), below(16), from.slice(start, start + below(64)));
  },
  (input, { below, words }) => {
    const word = words[below(words.length)] ?? Uint8Array.of(below(256));
    return spliced(input, below(input.length + 1), below(2) * word.length, word);
  },
];

/** Makes inputs of others. */
export class Mutator {
  readonly #target: FuzzTarget;
  readonly #random: () => number;

  constructor(target: FuzzTarget, random: () => number) {
    this.#target = target;
    this.#random = random;
  }

  /** @param other Gives an input for parts to be taken of. @returns A copy with one to four changes. */
  mutate(input: Uint8Array, other: () => Uint8Array): Uint8Array {
    const { mutate, words = [], bytesMax = BYTES_MAX } = this.#target;
    const below = (count: number) => Math.floor(this.#random() * count);
    const draw: Draw = { below, words, other };
    let changed = input;
    do {
      const isStructured = mutate !== undefined && below(2) === 0;
      changed = isStructured
        ? mutate.call(this.#target, changed, this.#random)
        : CHANGES[below(CHANGES.length)]!(changed, draw);
    } while (below(3) === 0);
    return changed.slice(0, bytesMax);
  }
}

function with1(input: Uint8Array, at: number, change: (byte: number) => number): Uint8Array {
  const changed = input.slice();
  if (at < changed.length) changed[at] = change(changed[at]!);
  return changed;
}

function spliced(input: Uint8Array, at: number, removed: number, added: Uint8Array): Uint8Array {
  const rest = input.subarray(Math.min(input.length, at + removed));
  const whole = new Uint8Array(at + added.length + rest.length);
  whole.set(input.subarray(0, at));
  whole.set(added, at);
  whole.set(rest, at + added.length);
  return whole;
}
