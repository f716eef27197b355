import fc from "fast-check";
import { fuzz } from "../engine/campaign.js";
import { storyOf } from "../engine/shrink.js";
import { V8Coverage } from "../engine/v8-coverage.js";
import type { FuzzSuite, SuiteLaw, SuiteTarget } from "./suite.js";

export interface SuiteOptions {
  /** Only these laws and targets; all when absent. */
  readonly names?: readonly string[] | undefined;
  readonly seed: number;
  /** For how long in all, in equal parts; as much as the suite says when absent. */
  readonly minutes?: number | undefined;
  /** How many times as much as the suite says; 1 when absent. */
  readonly scale?: number | undefined;
  /** The path that a failed law has printed: runs that case alone. */
  readonly path?: string | undefined;
  /** Takes a line of text. */
  print(line: string): void;
  /** Keeps a reproducer. @returns Where it is. */
  save(name: string, text: string): string;
}

/** What a law or a target came to. */
export interface SuiteRow {
  readonly name: string;
  readonly executions: number;
  readonly seconds: number;
  /** What else there is to say: what failed, or how executions ended. */
  readonly facts: string;
  readonly isFailed: boolean;
}

/** An outcome that has less than this of the executions is not tried enough. */
const SHARE_MIN = 0.01;
/** Before a target has had so many, shares say little. */
const EXECUTIONS_MIN = 20_000;

/**
 * Runs laws and targets one after the other, and prints a table.
 *
 * @returns A row for each.
 * @throws Error for a name that the suite has not
 */
export async function runSuite(suite: FuzzSuite, options: SuiteOptions): Promise<SuiteRow[]> {
  const all = new Map<string, SuiteLaw | SuiteTarget>([
    ...Object.entries(suite.laws),
    ...suite.targets.map((each) => [each.target.name, each] as const),
  ]);
  const names = options.names && options.names.length > 0 ? options.names : [...all.keys()];
  const unknown = names.find((name) => !all.has(name));
  if (unknown !== undefined)
    throw new Error(`expected a law or a target, one of ${[...all.keys()].join(", ")}; got ${unknown}`);
  const milliseconds = options.minutes === undefined ? undefined : (options.minutes * 60_000) / names.length;
  options.print(`seed ${options.seed}`);
  const rows: SuiteRow[] = [];
  const add = (row: SuiteRow) => {
    options.print(lineOf(row));
    rows.push(row);
  };
  const chosen = names.map((name) => [name, all.get(name)!] as const);
  const targets = chosen.flatMap(([, each]) => ("target" in each ? [each] : []));
  // Before their code is compiled by anything else; laws then run without counting.
  if (targets.length > 0) {
    using coverage = new V8Coverage();
    for (const each of targets) add(runTarget(each, options, coverage, milliseconds));
  }
  for (const [name, each] of chosen) if ("law" in each) add(await runLaw(name, each, options, milliseconds));
  return rows;
}

async function runLaw(
  name: string,
  { law, runs }: SuiteLaw,
  { seed, path, scale = 1, print, save }: SuiteOptions,
  milliseconds: number | undefined,
): Promise<SuiteRow> {
  const startMs = performance.now();
  const isLimited = milliseconds !== undefined;
  const details = await fc.check(law, {
    seed,
    ...(path !== undefined && { path }),
    numRuns: isLimited ? Number.MAX_SAFE_INTEGER : Math.ceil(runs * scale),
    ...(isLimited && { interruptAfterTimeLimit: milliseconds, markInterruptAsFailure: false }),
  });
  const row = { name, executions: details.numRuns, seconds: secondsSince(startMs) };
  if (!details.failed) return { ...row, facts: "holds", isFailed: false };
  const failure = [
    `law ${name} does not hold`,
    `again: datawal-fuzz ${name} --seed ${details.seed} --path ${details.counterexamplePath}`,
    `case: ${fc.stringify(details.counterexample)}`,
    storyOf(details.errorInstance),
  ].join("\n");
  print(failure);
  return { ...row, facts: `FAILED, see ${save(`${name}.txt`, failure)}`, isFailed: true };
}

function runTarget(
  { target, executions }: SuiteTarget,
  { seed, scale = 1, print, save }: SuiteOptions,
  coverage: V8Coverage,
  milliseconds: number | undefined,
): SuiteRow {
  const startMs = performance.now();
  const limit = milliseconds === undefined ? { executions: Math.ceil(executions * scale) } : { milliseconds };
  const result = fuzz(target, { seed, coverage, ...limit });
  const row = { name: target.name, executions: result.executions, seconds: secondsSince(startMs) };
  if (result.failure) {
    const { shrunk, error } = result.failure;
    const failure = [`target ${target.name} fails`, `input: ${hex(shrunk)}`, storyOf(error)].join("\n");
    print(failure);
    return { ...row, facts: `FAILED, see ${save(`${target.name}.txt`, failure)}`, isFailed: true };
  }
  const shares = [...result.outcomes].sort(([one], [other]) => (one < other ? -1 : 1));
  const rare = (target.outcomes ?? []).filter(
    (outcome) => (result.outcomes.get(outcome) ?? 0) < SHARE_MIN * result.executions,
  );
  const isFailed = rare.length > 0 && result.executions >= EXECUTIONS_MIN;
  const facts = [
    `${result.blocks} blocks, ${result.found.length} inputs kept`,
    shares.map(([name, count]) => `${name} ${percent(count / result.executions)}`).join(", "),
    ...(isFailed ? [`FAILED: below 1 %: ${rare.join(", ")}`] : []),
  ].join("; ");
  if (result.found.length > 0) save(`${target.name}.found`, `${result.found.map(hex).join("\n")}\n`);
  return { ...row, facts, isFailed };
}

function lineOf({ name, executions, seconds, facts }: SuiteRow): string {
  const rate = Math.round(executions / Math.max(seconds, 0.001));
  return [
    name.padEnd(24),
    String(executions).padStart(9),
    `${rate}/s`.padStart(10),
    `${seconds.toFixed(1)} s`.padStart(8),
    ` ${facts}`,
  ].join(" ");
}

/** A reproducer's input. @throws Error where it has none */
export function inputIn(reproducer: string): Uint8Array {
  const digits = /^input: ((?:[0-9a-f]{2})*)$/m.exec(reproducer)?.[1];
  if (digits === undefined) throw new Error('expected a line "input: " with hexadecimal digits');
  return new Uint8Array(Buffer.from(digits, "hex"));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function secondsSince(startMs: number): number {
  return (performance.now() - startMs) / 1_000;
}
