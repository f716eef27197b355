import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { build } from "esbuild";
import { patching } from "../../../proof/crash/src/laboratory/bundle.js";
import { FOLDER } from "../folder.js";
import { CODE_MUTANTS, type CodeMutant } from "./code-mutants.js";
import { collectCompactionTraces, compactionBehaviours } from "./compaction-run.js";
import { collectLogTraces, logBehaviours } from "./log-traces.js";
import { type Rejection, TraceCensus } from "./trace.js";

export interface TracesResult {
  passed: number;
  failures: string[];
}

/** What `main.ts` ends with where a trace was rejected: what a mutant's run has to end with. */
export const REJECTED = 3;

/** Distinct traces: of logs, of which more than a tenth have groups, and of compactions in place. */
const COUNTS = { ci: { log: 2700, compaction: 310 }, nightly: { log: 9000, compaction: 1000 } };
/** A mutant's traces: each of them is seen much sooner. */
const MUTANT_COUNTS = { log: 600, compaction: 60 };

/** The laboratory's disk, and what the product does on it, followed through the models. */
export function runTraces(isNightly: boolean, seed: number, say: (line: string) => void): TracesResult {
  const startMs = performance.now();
  const census = new TraceCensus();
  const models = collect(COUNTS[isNightly ? "nightly" : "ci"], seed, census);
  const kinds = [...census.byKind].map(([kind, traces]) => `${traces} with a ${kind}`).join(", ");
  const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
  say(
    `${census.count} distinct traces (${kinds}), seed ${seed}, ${seconds} s; the actions that explained them:`,
  );
  for (const { name, behaviours } of models)
    say(`  ${name}: ${[...behaviours.used].map(([action, times]) => `${action} ${times}`).join(", ")}`);
  return { passed: census.count, failures: census.rejections.map(tellRejection) };
}

/** A few traces of this bundle's product. @returns The first one that was rejected. */
export function firstRejection(seed: number): string | undefined {
  const census = new TraceCensus();
  try {
    collect(MUTANT_COUNTS, seed, census);
  } catch (error) {
    // A mutant may go on to break its own store; the rejection before that is what counts.
    if (census.rejections.length === 0) throw error;
  }
  return census.rejections[0] && tellRejection(census.rejections[0]);
}

function collect(counts: { log: number; compaction: number }, seed: number, census: TraceCensus) {
  const [log, compaction] = [logBehaviours(), compactionBehaviours()];
  collectLogTraces(census, log, counts.log, seed);
  collectCompactionTraces(census, compaction, census.count + counts.compaction, seed);
  return [
    { name: "RecordLog", behaviours: log },
    { name: "Compaction", behaviours: compaction },
  ];
}

function tellRejection({ what, actions, trace }: Rejection): string {
  const lines = trace.lines.map((line) => `  ${line}`).join("\n");
  return `the model has no step for "${what}", none of ${actions.join(", ") || "its actions"}:\n${lines}`;
}

/** Each mutant of the code has to show a trace that is none of the model's. */
export async function runCodeMutants(seed: number, say: (line: string) => void): Promise<TracesResult> {
  const failures: string[] = [];
  for (const mutant of CODE_MUTANTS) {
    const { status, output } = await runMutant(mutant, seed);
    if (status === REJECTED)
      say(`rejected: ${mutant.name}\n${output.trimEnd().split("\n").slice(0, 1).join("\n")}`);
    else failures.push(`the traces of "${mutant.name}" were accepted (exit ${status})\n${output}`);
  }
  return { passed: CODE_MUTANTS.length - failures.length, failures };
}

async function runMutant(
  { patches }: CodeMutant,
  seed: number,
): Promise<{ status: number | null; output: string }> {
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
  const args = [outfile, "--first-rejection", "--seed", String(seed)];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  return { status, output: stdout + stderr };
}
