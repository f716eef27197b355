import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { type Extent, RUN_LENGTHS, type RunLength } from "./extent.js";

export interface RunOptions extends Extent {
  help: boolean;
  /** Names, or beginnings of names, of the layers to run; empty for all of them. */
  layers: readonly string[];
  case: string | undefined;
  /** Whether, and which of them, the mutants are run: beginnings of names; empty for none. */
  mutants: readonly string[];
  /** Whether docs/testing.md is to get the table of this run. */
  writesDocs: boolean;
  /** Set in a process that runs one slice of one layer. */
  worker: WorkerOptions | undefined;
}

export interface WorkerOptions {
  layer: string;
  slice: { index: number; count: number };
  stopsAtFirst: boolean;
  first: string;
  /** Where the result goes. */
  resultPath: string;
}

export const USAGE = `usage: pnpm crash [--layer NAME]... [--mutants] [--mutant NAME]... [--length ci|nightly] [--seed N]
                  [--case CASE] [--write-docs]

Without arguments: every layer, then every mutant, then one table.

  --layer NAME    this layer alone (its name or the beginning of it, such as L1); may be repeated
  --mutants       the mutants alone
  --mutant NAME   this mutant alone (the beginning of its name); may be repeated
  --length L      how much is looked at: ci when absent, or nightly
  --seed N        seeds everything that is drawn; when absent 1 in ci, another one each time in nightly
  --case CASE     one case of one --layer again, as a violation names it, with its whole story
  --write-docs    puts the table into docs/testing.md`;

export function parseOptions(args: string[]): RunOptions {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: "boolean", short: "h", default: false },
      seed: { type: "string" },
      length: { type: "string", default: "ci" },
      layer: { type: "string", multiple: true, default: [] },
      case: { type: "string" },
      mutants: { type: "boolean", default: false },
      mutant: { type: "string", multiple: true, default: [] },
      "write-docs": { type: "boolean", default: false },
      worker: { type: "string" },
      slice: { type: "string", default: "0/1" },
      "stop-at-first": { type: "boolean", default: false },
      first: { type: "string", default: "" },
      result: { type: "string", default: "" },
    },
  });
  const isEverything = values.layer.length === 0 && !values.mutants && values.mutant.length === 0;
  const length = parseLength(values.length);
  return {
    help: values.help,
    length,
    seed: values.seed === undefined ? freshSeed(length) : wholeNumber("--seed", values.seed),
    layers: isEverything ? [""] : values.layer,
    case: values.case,
    mutants: isEverything || values.mutants ? [""] : values.mutant,
    writesDocs: values["write-docs"],
    worker:
      values.worker === undefined
        ? undefined
        : {
            layer: values.worker,
            slice: parseSlice(values.slice),
            stopsAtFirst: values["stop-at-first"],
            first: values.first,
            resultPath: values.result,
          },
  };
}

function parseLength(text: string): RunLength {
  const length = RUN_LENGTHS.find((known) => known === text);
  if (length === undefined)
    throw new Error(`expected ${RUN_LENGTHS.join(" or ")} behind --length, got ${text}\n${USAGE}`);
  return length;
}

/** What lands is not decided by a draw; a night is for what no run has seen yet. */
function freshSeed(length: RunLength): number {
  return length === "ci" ? 1 : randomInt(2, 2 ** 31);
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value))
    throw new Error(`expected a whole number behind ${name}, got ${text}\n${USAGE}`);
  return value;
}

function parseSlice(text: string): { index: number; count: number } {
  const [index, count] = text.split("/").map((part) => wholeNumber("--slice", part));
  return { index: index!, count: count! };
}
