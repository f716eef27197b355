import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Layer, LayerResult, LayerTask, Violation } from "../../laboratory/layer.js";
import { bundleProgram, type ChildProgram } from "../power-cut/machine/child-program.js";
import { Soak, type SoakPlan } from "./soak.js";
import type { Plant } from "./soak-writer.js";

/** One store that is written, compacted and killed for long: what an hour does to it, and a minute does not. */
export const soakLayer: Layer = {
  name: "L5 soak",
  missing: () => (existsSync("/proc/self/fd") ? undefined : "no /proc/PID/fd, to count descriptors"),
  run: async (task) => {
    const program = await bundleProgram("layers/soak/soak-writer.ts", "soak-writer");
    return await soakAll(task, program);
  },
};

const PLANS: Record<LayerTask["length"], SoakPlan> = {
  ci: { steps: 500_000, kills: 20, compactionsMin: 200, referenceLooks: 2 },
  nightly: { steps: 5_000_000, kills: 200, compactionsMin: 2_000, referenceLooks: 20 },
};

/** Long enough that what is wrong shows itself. */
const PLANTED: SoakPlan = { steps: 30_000, kills: 3, compactionsMin: 0, referenceLooks: 0 };
const PLANTS: readonly Plant[] = [
  "acknowledges-what-it-does-not-write",
  "has-every-second-removed-segment-back",
];

async function soakAll(task: LayerTask, program: ChildProgram): Promise<LayerResult> {
  const facts: string[] = [];
  const violations: Violation[] = [];
  for (const plant of PLANTS) {
    const { problem } = await soak(task, program, PLANTED, plant);
    facts.push(`planted: a writer that ${plant.replaceAll("-", " ")}: ${problem ?? "NOT noticed"}`);
    if (problem === undefined)
      violations.push({ sentence: "the layer can fail", case: "all", story: facts.at(-1)! });
  }
  const result = await soak(task, program, PLANS[task.length], "none");
  facts.unshift(...result.facts);
  if (result.problem !== undefined)
    violations.push({ sentence: "a store holds what was written", case: "all", story: result.problem });
  return { cases: result.looks, violations, facts };
}

async function soak({ seed }: LayerTask, program: ChildProgram, plan: SoakPlan, plant: Plant) {
  // In memory where that can be: a kill loses nothing that the kernel has, and syncs cost nothing.
  const parent = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
  const directory = mkdtempSync(join(parent, "datawal-soak-"));
  try {
    return await new Soak(directory, program, plan, { seed, plant }).run();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
