import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { build } from "esbuild";
import { patching } from "../../../proof/crash/src/laboratory/bundle.js";
import { FOLDER } from "../folder.js";
import type { Behaviours } from "./behaviours.js";
import { CODE_MUTANTS, type CodeMutant, type TraceKind } from "./code-mutants.js";
import { collectCompactionTraces, compactionBehaviours } from "./compaction-run.js";
import { collectGroupCommitTraces, groupCommitBehaviours } from "./group-commit-run.js";
import { collectLogTraces, logBehaviours } from "./log-traces.js";
import { collectReaderTraces, readerBehaviours } from "./reader-run.js";
import { type Rejection, TraceCensus } from "./trace.js";

export interface TracesResult {
  passed: number;
  failures: string[];
}

/** What `main.ts` ends with where a trace was rejected: what a mutant's run has to end with. */
export const REJECTED = 3;

type Counts = Readonly<Record<TraceKind, number>>;

/** Distinct traces: of logs, of which more than a tenth have groups, of compactions in place, of readers, and of syncs. */
const COUNTS: Readonly<Record<"ci" | "nightly", Counts>> = {
  ci: { log: 2300, compaction: 310, reader: 310, sync: 100 },
  nightly: { log: 7700, compaction: 1010, reader: 1010, sync: 300 },
};
/** A mutant's traces, of its kind alone: each of them is seen much sooner. */
const MUTANT_COUNTS: Counts = { log: 600, compaction: 60, reader: 100, sync: 60 };

const KINDS = {
  log: { model: "RecordLog", begin: logBehaviours, collect: collectLogTraces },
  compaction: { model: "Compaction", begin: compactionBehaviours, collect: collectCompactionTraces },
  reader: { model: "ReadWhileWrite", begin: readerBehaviours, collect: collectReaderTraces },
  sync: { model: "GroupCommit", begin: groupCommitBehaviours, collect: collectGroupCommitTraces },
} as const;

/** The laboratory's disk, and what the product does on it, followed through the models. */
export async function runTraces(
  isNightly: boolean,
  seed: number,
  say: (line: string) => void,
): Promise<TracesResult> {
  const census = new TraceCensus();
  const counts = COUNTS[isNightly ? "nightly" : "ci"];
  for (const kind of Object.keys(KINDS) as TraceKind[]) {
    const startMs = performance.now();
    const { used } = await collect(kind, counts[kind], seed, census);
    const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
    const actions = [...used].map(([action, times]) => `${action} ${times}`).join(", ");
    say(`traces through ${KINDS[kind].model}, ${seconds} s; the actions that explained them: ${actions}`);
  }
  const kinds = [...census.byKind].map(([kind, traces]) => `${traces} with a ${kind}`).join(", ");
  say(`${census.count} distinct traces (${kinds}), seed ${seed}`);
  return { passed: census.count, failures: census.rejections.map(tellRejection) };
}

/** A few traces of this bundle's product. @returns The first one that was rejected. */
export async function firstRejection(kind: TraceKind, seed: number): Promise<string | undefined> {
  const census = new TraceCensus();
  try {
    await collect(kind, MUTANT_COUNTS[kind], seed, census);
  } catch (error) {
    // A mutant may go on to break its own store; the rejection before that is what counts.
    if (census.rejections.length === 0) throw error;
  }
  return census.rejections[0] && tellRejection(census.rejections[0]);
}

async function collect(
  kind: TraceKind,
  count: number,
  seed: number,
  census: TraceCensus,
): Promise<Behaviours> {
  const behaviours = KINDS[kind].begin();
  await KINDS[kind].collect(census, behaviours, census.count + count, seed);
  return behaviours;
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
  { patches, traces }: CodeMutant,
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
  const args = [outfile, "--first-rejection", traces, "--seed", String(seed)];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  return { status, output: stdout + stderr };
}
