import { type PowerCut, tellPowerCut } from "@datawal/safeatomic/testing";

/** A power cut, and what was known when it came. */
export interface Cut extends PowerCut {
  /** The operation under way. */
  operation: string;
  acknowledged: string;
}

const BOOTS = ["work", "the next boot: open, append, append, fsync, rotate, append, fsync"];

/** How a store came to break a sentence: the operations, the calls, the cuts, what survived, what was demanded. */
export function tellStory(scenario: string, cuts: readonly Cut[], broken: string): string {
  const told = cuts.flatMap((cut, index) => [
    `${BOOTS[index]}, in "${cut.operation}"; ${cut.acknowledged}`,
    tellPowerCut(cut),
  ]);
  return [`operations: ${scenario}`, ...told, `then: ${broken}`].join("\n");
}
