import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { build } from "esbuild";
import { patching } from "../../../proof/crash/src/laboratory/bundle.js";
import { FOLDER } from "../folder.js";
import { CODE_MUTANTS, type CodeMutant } from "./code-mutants.js";
import { collectLogTraces, logBehaviours } from "./log-traces.js";
import { type Rejection, TraceCensus } from "./trace.js";

export interface TracesResult {
  passed: number;
  failures: string[];
}

/** What `main.ts` ends with where a trace was rejected: what a mutant's run has to end with. */
export const REJECTED = 3;

const COUNTS = { ci: 3000, nightly: 10_000 };
/** A mutant's traces: each of them is seen much sooner. */
const MUTANT_COUNT = 600;

/** The laboratory's disk, and what the product does on it, followed through the models. */
export function runTraces(isNightly: boolean, seed: number, say: (line: string) => void): TracesResult {
  const census = new TraceCensus();
  const count = isNightly ? COUNTS.nightly : COUNTS.ci;
  const behaviours = logBehaviours();
  collectLogTraces(census, behaviours, count, seed);
  const kinds = [...census.byKind].map(([kind, traces]) => `${traces} with a ${kind}`).join(", ");
  say(
    `${census.count} distinct traces (${kinds}), seed ${seed}, ${behaviours.asked} questions to the checker`,
  );
  say(`  ${[...behaviours.used].map(([action, times]) => `${action} ${times}`).join(", ")}`);
  return { passed: census.count, failures: census.rejections.map(tellRejection) };
}

/** A few traces of this bundle's product. @returns The first one that was rejected. */
export function firstRejection(seed: number): string | undefined {
  const census = new TraceCensus();
  collectLogTraces(census, logBehaviours(), MUTANT_COUNT, seed);
  return census.rejections[0] && tellRejection(census.rejections[0]);
}

function tellRejection({ what, actions, trace }: Rejection): string {
  const lines = trace.lines.map((line) => `  ${line}`).join("\n");
  return `the model has no step for "${what}", none of ${actions.join(", ") || "its actions"}:\n${lines}`;
}

/** Each mutant of the code has to show a trace that is none of the model's. */
export async function runCodeMutants(seed: number, say: (line: string) => void): Promise<TracesResult> {
  const failures: string[] = [];
  for (const mutant of CODE_MUTANTS) {
    const { status, stdout } = await runMutant(mutant, seed);
    if (status === REJECTED)
      say(`rejected: ${mutant.name}\n${stdout.trimEnd().split("\n").slice(0, 1).join("\n")}`);
    else failures.push(`the traces of "${mutant.name}" were accepted (exit ${status})\n${stdout}`);
  }
  return { passed: CODE_MUTANTS.length - failures.length, failures };
}

async function runMutant(
  { patches }: CodeMutant,
  seed: number,
): Promise<{ status: number | null; stdout: string }> {
  const outfile = join(FOLDER, "dist/run/mutant.mjs");
  await build({
    entryPoints: [join(FOLDER, "src/main.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    conditions: ["@datawal/source"],
    external: ["esbuild", "fs-ext", "@node-rs/crc32", "tla-checker"],
    logLevel: "error",
    plugins: [patching(patches)],
  });
  return spawnSync(process.execPath, [outfile, "--first-rejection", "--seed", String(seed)], {
    encoding: "utf8",
  });
}
