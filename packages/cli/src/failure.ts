import { ExitCode } from "./exit-code.js";
import { safeLine } from "./render/terminal-safe.js";

/** Why a command cannot go on, in one line that says what was expected, found, where, and what to do next. */
export class Failure extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = ExitCode.cannotProceed, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.exitCode = exitCode;
  }
}

/** One line for stderr, and with `verbose` one more for each cause. */
export function describeFailure(error: unknown, verbose: boolean): string {
  const [first, ...causes] = causeChain(error).map(safeLine);
  const lines = [`datawal: error: ${first}`];
  if (verbose) lines.push(...causes.map((cause) => `  caused by: ${cause}`));
  return `${lines.join("\n")}\n`;
}

function causeChain(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)];
  return [error.message, ...(error.cause === undefined ? [] : causeChain(error.cause))];
}
