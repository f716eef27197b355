/** What a color says. */
export type Tone = "good" | "caution" | "bad";

/** Makes a text show its tone, or leaves it as it is. */
export type Paint = (tone: Tone, text: string) => string;

export type ColorChoice = "auto" | "always" | "never";

/**
 * Chooses whether to color: what the command line says, else NO_COLOR (any text but none), else FORCE_COLOR (any text but none or
 * `0`), else whether the output is a terminal that can.
 */
export function choosePaint(
  choice: ColorChoice,
  variables: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): Paint {
  return isColored(choice, variables, isTerminal) ? colored : plain;
}

function isColored(
  choice: ColorChoice,
  variables: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): boolean {
  if (choice !== "auto") return choice === "always";
  const { NO_COLOR, FORCE_COLOR, TERM } = variables;
  if (NO_COLOR) return false;
  if (FORCE_COLOR) return FORCE_COLOR !== "0";
  return isTerminal && TERM !== "dumb";
}

const colored: Paint = (tone, text) => `\x1b[${TONE_CODES[tone]}m${text}\x1b[39m`;
const plain: Paint = (_tone, text) => text;

/** The terminal's own green, yellow and red. */
const TONE_CODES: Readonly<Record<Tone, number>> = { good: 32, caution: 33, bad: 31 };
