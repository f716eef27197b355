import { inspect } from "node:util";
import { ownOptions } from "./own-options.js";
import { withCode } from "./safeatomic-error.js";

/** The names of an options object, every one of them. */
export type OptionNames<Options> = Readonly<Record<keyof Options, true>>;

/** What is no option, and what is said of it. */
export interface UnknownOption {
  option: string;
  actual: unknown;
  message: string;
}

/**
 * Finds what is no option: a mistyped name would be passed over, and what it asked for not done. One whose value is
 * `undefined` asks for nothing.
 */
export function unknownOption(
  options: object | undefined,
  known: Readonly<Record<string, true>>,
): UnknownOption | undefined {
  const names = Object.keys(known);
  for (const [option, actual] of Object.entries(ownOptions(options))) {
    if (actual === undefined || names.includes(option)) continue;
    const nearest = nearestName(option, names);
    const advice =
      nearest === undefined ? `options are ${names.join(", ")}` : `did you mean ${inspect(nearest)}?`;
    return { option, actual, message: `datawal: expected no option ${inspect(option)}; ${advice}` };
  }
  return undefined;
}

/** The options that the caller gave, all of them known. @throws TypeError ERR_DATAWAL_BAD_FILE_OPTION */
export function knownOptions<Options extends object>(
  options: Options | undefined,
  known: Readonly<Record<string, true>>,
): Options {
  const unknown = unknownOption(options, known);
  if (!unknown) return ownOptions(options);
  const { message, ...facts } = unknown;
  throw withCode(new TypeError(message), "ERR_DATAWAL_BAD_FILE_OPTION", facts);
}

/** `undefined` where more than half of the letters differ. */
function nearestName(name: string, names: readonly string[]): string | undefined {
  const distances = names.map((known) => ({ known, distance: editDistance(name, known) }));
  const [nearest] = distances.sort((one, other) => one.distance - other.distance);
  return nearest && nearest.distance <= Math.max(name.length, nearest.known.length) / 2
    ? nearest.known
    : undefined;
}

/** How many letters must be put in, left out or replaced (Levenshtein), case apart. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...one.toLowerCase()].entries()) {
    const next = [index + 1];
    for (const [column, otherLetter] of [...other.toLowerCase()].entries())
      next.push(
        Math.min(next[column]! + 1, row[column + 1]! + 1, row[column]! + (letter === otherLetter ? 0 : 1)),
      );
    row = next;
  }
  return row.at(-1)!;
}
