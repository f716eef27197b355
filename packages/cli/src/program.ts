import { Command, CommanderError } from "commander";
import { version } from "../package.json";
import type { Act } from "./commands/command.js";
import { defineCompact } from "./commands/compact.js";
import { defineExport } from "./commands/export.js";
import { defineGet } from "./commands/get.js";
import { defineReport } from "./commands/report.js";
import { defineScan } from "./commands/scan.js";
import { defineVerify } from "./commands/verify.js";
import type { Environment } from "./environment.js";
import { ExitCode } from "./exit-code.js";
import { describeFailure, Failure } from "./failure.js";
import { OutputClosed } from "./output/output.js";

const COMMANDS = [defineScan, defineReport, defineVerify, defineGet, defineExport, defineCompact];

/**
 * Runs one command line to its end.
 *
 * @param argv What stands behind the program's name.
 * @returns The exit code; all output has gone out, or nobody reads it any more.
 */
export async function run(argv: readonly string[], environment: Environment): Promise<ExitCode> {
  let exitCode: ExitCode = ExitCode.fine;
  const act: Act = (runCommand) =>
    async function (this: Command) {
      exitCode = await runCommand({ ...positionals(this), ...this.optsWithGlobals() }, environment);
    };
  const program = buildProgram(act, environment);
  const fail = (error: unknown) => {
    exitCode = tellFailure(error, program.opts<{ verbose?: boolean }>().verbose === true, environment);
  };
  await program.parseAsync(argv, { from: "user" }).catch(fail);
  await environment.stdout.flush().catch(fail);
  // If stderr fails, there is nobody left to tell.
  await environment.stderr.flush().catch(() => undefined);
  return exitCode;
}

function buildProgram(act: Act, { stdout, stderr }: Environment): Command {
  const program = new Command("datawal")
    .description(
      "See exactly what a datawal store has on disk. Reading commands take no lock and change nothing.",
    )
    .version(version)
    .option("--json", "print JSON, one object a line (schema datawal.cli.v1)")
    .option("--verbose", "with an error, print what caused it")
    .configureHelp({ showGlobalOptions: true, minWidthToWrap: HELP_COLUMNS_MIN })
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      outputError: (text, write) => write(`datawal: ${text}`),
      getOutHelpWidth: () => stdout.columns ?? HELP_COLUMNS,
      getErrHelpWidth: () => stderr.columns ?? HELP_COLUMNS,
    })
    .exitOverride();
  for (const define of COMMANDS) program.addCommand(define(act).copyInheritedSettings(program));
  return program;
}

/** Columns of help text in a pipe, and the fewest that a description is broken to. */
const HELP_COLUMNS = 80;
const HELP_COLUMNS_MIN = 20;

/** Positional arguments under their names: STORE as `store`. */
function positionals(command: Command): Record<string, unknown> {
  const names = command.registeredArguments.map((argument) => argument.name().toLowerCase());
  return Object.fromEntries(names.map((name, index) => [name, command.args[index]]));
}

function tellFailure(error: unknown, verbose: boolean, { stderr }: Environment): ExitCode {
  // Whoever closes our output early, as `head` does, has seen enough.
  if (error instanceof OutputClosed) return ExitCode.fine;
  // Commander has printed its message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.fine : ExitCode.cannotProceed;
  stderr.write(describeFailure(error, verbose));
  return error instanceof Failure ? error.exitCode : ExitCode.cannotProceed;
}
