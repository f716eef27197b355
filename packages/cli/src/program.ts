import { WIRE_VERSION } from "@datawal/format";
import { Command, CommanderError, Option } from "commander";
import { version } from "../package.json";
import { positionals } from "./arguments/key.js";
import type { Act, DefineCommand } from "./commands/command.js";
import { addHelpText } from "./commands/help-text.js";
import type { Environment } from "./environment.js";
import { ExitCode } from "./exit-code.js";
import { Failure, helpHint, UsageFailure, writeFailure } from "./failure.js";
import { Interrupted } from "./interrupted.js";
import { type ColorChoice, choosePaint } from "./output/color.js";
import { Output, OutputClosed } from "./output/output.js";
import { ProgressLine } from "./output/progress-line.js";
import { messageText } from "./render/message.js";

/** What the program is given by whoever runs it. */
export interface Surroundings extends Pick<Environment, "stdout" | "stderr"> {
  /** Empty when absent. */
  stdin?: Environment["stdin"];
  /** Where progress is drawn, if it is a terminal; nowhere when absent. */
  progress?: Output;
  /** Ends the command with {@link Interrupted}; never when absent. */
  signal?: AbortSignal;
  /** Environment variables; none when absent. */
  variables?: Readonly<Record<string, string | undefined>>;
}

interface GlobalOptions {
  color: ColorChoice;
  progress: boolean;
  quiet?: boolean;
  verbose?: boolean;
}

/**
 * Runs one command line to its end.
 *
 * @param argv What stands behind the program's name.
 * @returns The exit code; all output has gone out, or nobody reads it any more.
 */
export async function run(argv: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const { stdout, stderr } = surroundings;
  const progress = new ProgressLine(surroundings.progress ?? nowhere());
  let exitCode: ExitCode = ExitCode.fine;
  const act: Act = (runCommand) =>
    async function (this: Command) {
      const environment = environmentOf(this.optsWithGlobals(), surroundings, progress);
      const running = async () =>
        runCommand({ ...positionals(this), ...this.optsWithGlobals() }, environment);
      exitCode = await running().catch(withHelpHint(this.name()));
    };
  const program = buildProgram(await loadCommands(argv), act, surroundings);
  const fail = (error: unknown) => {
    exitCode = tellFailure(error, program.opts<GlobalOptions>().verbose === true, stderr);
  };
  await program.parseAsync(argv, { from: "user" }).catch(fail);
  await progress.clear().catch(() => undefined);
  await stdout.flush().catch((error) => {
    // What was found stays found where nobody reads it.
    if (!(error instanceof OutputClosed)) fail(error);
  });
  // If stderr fails, as above, there is nobody left to tell.
  await stderr.flush().catch(() => undefined);
  return exitCode;
}

function environmentOf(options: GlobalOptions, surroundings: Surroundings, line: ProgressLine): Environment {
  const {
    stdout,
    stderr,
    stdin = empty,
    signal = new AbortController().signal,
    variables = {},
  } = surroundings;
  const { color, progress, quiet = false } = options;
  return {
    stdout,
    stderr: quiet ? nowhere() : stderr,
    stdin,
    paint: choosePaint(color, variables, stdout.isTerminal),
    watch: { signal, onProgress: progress && !quiet ? (step) => line.report(step) : () => undefined },
  };
}

async function* empty(): AsyncGenerator<Uint8Array> {}

function nowhere(): Output {
  return new Output(async () => undefined);
}

/** Of commands, what tells of the others as well. */
const OF_ALL = ["help", "completion"];

/** The command that a command line names, or all of them where it names none; to load them takes longer than most of them. */
async function loadCommands(argv: readonly string[]): Promise<readonly DefineCommand[]> {
  if (argv[0] === "--version" || argv[0] === "-V") return [];
  const { COMMANDS } = await import("./commands/all-commands.js");
  const name = argv.find((word) => !word.startsWith("-")) ?? "";
  const isAlone = Object.hasOwn(COMMANDS, name) && !OF_ALL.includes(name);
  return isAlone ? [COMMANDS[name]!] : Object.values(COMMANDS);
}

function buildProgram(commands: readonly DefineCommand[], act: Act, surroundings: Surroundings): Command {
  const { stdout, stderr } = surroundings;
  const tellUsage = (command?: string) => (text: string, write: (text: string) => void) => {
    const sentence = text.trimEnd().replaceAll("\n", " ").replace(/\.$/u, "");
    write(`${messageText(`datawal: ${sentence}${helpHint(command)}`, stderr)}\n`);
  };
  const program = new Command("datawal")
    .description(
      "See exactly what a datawal store has on disk. Reading commands take no lock and change nothing.",
    )
    .version(`datawal ${version}, wire version ${WIRE_VERSION}, Node.js ${process.version}`)
    .option("--json", "print JSON, one object a line (schema datawal.cli.v1)")
    .option("--verbose", "with an error, print what caused it")
    .option("-q, --quiet", "print no progress and no warnings, only results and errors")
    .option("--no-progress", "do not show how far a long command is")
    .addOption(
      new Option("--color <WHEN>", "color results, whatever NO_COLOR and FORCE_COLOR say")
        .choices(["auto", "always", "never"])
        .default("auto"),
    )
    .configureHelp({
      showGlobalOptions: true,
      minWidthToWrap: HELP_COLUMNS_MIN,
      subcommandTerm: (command) => `${command.name()} ${command.usage().replace("[options] ", "")}`,
    })
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      outputError: tellUsage(),
      getOutHelpWidth: () => stdout.columns ?? HELP_COLUMNS,
      getErrHelpWidth: () => stderr.columns ?? HELP_COLUMNS,
    })
    .exitOverride();
  for (const define of commands) {
    const command = addHelpText(define(act)).copyInheritedSettings(program);
    program.addCommand(command.configureOutput({ outputError: tellUsage(command.name()) }));
  }
  return program;
}

function withHelpHint(command: string) {
  return (error: unknown) => {
    throw error instanceof UsageFailure ? new Failure(error.message + helpHint(command)) : error;
  };
}

/** Columns of help text in a pipe, and the fewest that a description is broken to. */
const HELP_COLUMNS = 80;
const HELP_COLUMNS_MIN = 16;

function tellFailure(error: unknown, verbose: boolean, stderr: Output): ExitCode {
  if (error instanceof Interrupted) return ExitCode.interrupted;
  // Whoever closes our output early, as `head` does, has seen enough.
  if (error instanceof OutputClosed) return ExitCode.fine;
  // Commander has printed its message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.fine : ExitCode.cannotProceed;
  writeFailure(stderr, error, verbose);
  return error instanceof Failure ? error.exitCode : ExitCode.cannotProceed;
}
