import type { Reading } from "./readings.js";

/**
 * Whether a text shows a state that a compaction in place led through. A segment that is removed behind a reader may be
 * among what that has read, with what was moved out of it; a `get` that finds its segment gone looks again; and where
 * a key that was moved comes among the others is another matter for who opens the store and who had it open.
 *
 * @param states What the reading shows of each state it may have met, in order.
 */
export function showsCompacted(
  { shows }: Pick<Reading, "shows">,
  text: string,
  states: readonly string[],
): boolean {
  const lines = linesOf(text, shows);
  const known = states.map((state) => linesOf(state, shows));
  if (shows === "values") return lines.every((line, index) => known.some((state) => state[index] === line));
  if (shows !== "records") return known.some((state) => state.sort().join() === lines.sort().join());
  const all = new Set(known.flat());
  return lines.every((line) => all.has(line)) && known.some((state) => isWithin(state, lines));
}

/** The segments are told by the records, and the files of a copy by its pairs. */
function linesOf(text: string, shows: Reading["shows"]): string[] {
  const [head = ""] = shows === "copy" ? text.split("\n/copies/") : [text];
  return head.split("\n").filter((line) => !line.startsWith("segments "));
}

/** Whether all of them are there, in this order. */
export function isWithin(lines: readonly string[], all: readonly string[]): boolean {
  let at = 0;
  return lines.every((line) => {
    at = all.indexOf(line, at) + 1;
    return at > 0;
  });
}
