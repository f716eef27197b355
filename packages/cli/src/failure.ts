import { ExitCode } from "./exit-code.js";
import type { Output } from "./output/output.js";
import { messageText } from "./render/message.js";

/** Why a command cannot go on, in one line that says what was expected, found, where, and what to do next. */
export class Failure extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = ExitCode.cannotProceed, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.exitCode = exitCode;
  }
}

/** Why a command line cannot be understood. Its message ends where {@link helpHint} goes on. */
export class UsageFailure extends Failure {}

/** Where a command's arguments are told, or all commands; goes behind what is wrong with them. */
export function helpHint(command?: string): string {
  return command ? `; see: datawal help ${command}` : "; see: datawal help";
}

/** Tells a failure in one line, and with `verbose` in one more for each cause. */
export function writeFailure(stderr: Output, error: unknown, verbose: boolean): void {
  const [first, ...causes] = causeChain(error);
  const lines = [`datawal: error: ${first}`];
  if (verbose) lines.push(...causes.map((cause) => `  caused by: ${cause}`));
  for (const line of lines) stderr.write(`${messageText(line, stderr)}\n`);
}

export function causeChain(error: unknown): string[] {
  const { message = String(error), cause } = (error ?? {}) as Partial<Error>;
  return [message, ...(cause === undefined ? [] : causeChain(cause))];
}
