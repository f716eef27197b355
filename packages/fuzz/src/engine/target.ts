/** What is fuzzed: a function of bytes. */
export interface FuzzTarget {
  readonly name: string;
  /**
   * Runs one input.
   *
   * @returns In which of a few ways it ended: each of them is given its share of the executions.
   * @throws Whatever, where something is wrong
   */
  run(input: Uint8Array): string;
  /** Inputs to begin with; at least one. */
  readonly seeds: readonly Uint8Array[];
  /** Inputs are at most so long, in bytes; 4,096 when absent. */
  readonly bytesMax?: number;
  /** Pieces of inputs that a draw of bytes would not come to. */
  readonly words?: readonly Uint8Array[];
  /** Changes an input by what is known of its structure; half of all changes are then this. @returns A copy. */
  mutate?(input: Uint8Array, random: () => number): Uint8Array;
  /** Ways to end in, each of which is to have at least 1 % of the executions. */
  readonly outcomes?: readonly string[];
}
