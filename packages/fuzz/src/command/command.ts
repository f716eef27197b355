import { parseArgs } from "node:util";
import { storyOf } from "../engine/shrink.js";
import { inputIn, runSuite } from "./run-suite.js";
import type { FuzzSuite } from "./suite.js";

/** What the command is given by whoever runs it. */
export interface CommandSurroundings {
  /** The suite where no other one is named. */
  readonly suite: FuzzSuite;
  /** Loads a module, by a path. */
  load(path: string): Promise<{ default: FuzzSuite }>;
  read(path: string): string;
  /** @returns The path. */
  write(directory: string, name: string, text: string): string;
  print(line: string): void;
}

const USAGE = `datawal-fuzz [NAME...]: runs laws and targets, all where none is named.

  --suite FILE    a module whose default export is { laws, targets }: your own subjects
  --minutes N     for so long in all; else as much as the suite says
  --scale N       so many times as much as the suite says
  --seed N        draws; printed where it is not given
  --path P        with a law's name and seed: the one case that a failure has printed
  --input FILE    with a target's name: the one input of a reproducer
  --out DIRECTORY where reproducers go; the working directory where it is not given
  --list          names of laws and targets`;

const OPTIONS = {
  suite: { type: "string" },
  minutes: { type: "string" },
  scale: { type: "string" },
  seed: { type: "string" },
  path: { type: "string" },
  input: { type: "string" },
  out: { type: "string", default: "." },
  list: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

/** Runs one command line. @returns The exit code: 1 where something has failed, or cannot be understood. */
export async function runCommand(
  argv: readonly string[],
  surroundings: CommandSurroundings,
): Promise<number> {
  try {
    return await run(argv, surroundings);
  } catch (error) {
    surroundings.print(`datawal-fuzz: ${(error as Error).message ?? error}; see: datawal-fuzz --help`);
    return 1;
  }
}

async function run(argv: readonly string[], surroundings: CommandSurroundings): Promise<number> {
  const { values, positionals: names } = parseArgs({
    args: [...argv],
    options: OPTIONS,
    allowPositionals: true,
  });
  const { print, write } = surroundings;
  if (values.help) {
    print(USAGE);
    return 0;
  }
  const suite =
    values.suite === undefined ? surroundings.suite : (await surroundings.load(values.suite)).default;
  if (values.list) {
    for (const name of Object.keys(suite.laws)) print(`law ${name}`);
    for (const { target } of suite.targets) print(`target ${target.name}`);
    return 0;
  }
  if (values.input !== undefined) return runInput(suite, names, surroundings.read(values.input), print);
  const rows = await runSuite(suite, {
    names,
    seed: numberIn("seed", values.seed) ?? Math.floor(Math.random() * 2 ** 31),
    minutes: numberIn("minutes", values.minutes),
    scale: numberIn("scale", values.scale),
    path: values.path,
    print,
    save: (name, text) => write(values.out, name, text),
  });
  const failed = rows.filter(({ isFailed }) => isFailed).length;
  print(`${rows.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

function runInput(
  suite: FuzzSuite,
  names: readonly string[],
  reproducer: string,
  print: (line: string) => void,
) {
  const target = suite.targets.find((each) => each.target.name === names[0])?.target;
  if (!target) throw new Error("--input needs the name of a target");
  try {
    print(`${target.name}: ${target.run(inputIn(reproducer))}`);
    return 0;
  } catch (error) {
    print(`${target.name} fails: ${storyOf(error)}`);
    return 1;
  }
}

function numberIn(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+(\.\d+)?$/.test(text))
    throw new Error(`--${option} expected a number, got ${JSON.stringify(text)}`);
  return Number(text);
}
