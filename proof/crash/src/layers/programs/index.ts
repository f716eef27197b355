import { spawnSync } from "node:child_process";
import { REPOSITORY } from "../../laboratory/bundle.js";
import type { Layer, LayerResult, LayerTask } from "../../laboratory/layer.js";

/** A program of this repository that ends with how many of its checks passed and failed. */
export interface Program {
  name: string;
  args(task: LayerTask): readonly string[];
  environment(task: LayerTask): Readonly<Record<string, string>>;
}

/** The same store from two languages. */
export const interopLayer = programLayer({
  name: "interop",
  args: ({ seed }) => ["proof/interop/run.mjs", "--seed", `${seed}`],
  environment: () => ({}),
});

/** Every test of the packages, nothing of it left to samples: every single bit turned over, every second kill. */
export const testsLayer = programLayer({
  name: "tests",
  args: () => ["node_modules/vitest/vitest.mjs", "run"],
  environment: ({ seed }) => ({ DATAWAL_FULL: "nightly", DATAWAL_SEED: `${seed}` }),
});

/** A row of a night's table: in CI each of them is a gate of its own, or part of one. */
export function programLayer(program: Program): Layer {
  return { name: program.name, onlyNightly: true, run: async (task) => runProgram(program, task) };
}

function runProgram({ name, args, environment }: Program, task: LayerTask): LayerResult {
  const { status, stdout, stderr } = spawnSync(process.execPath, args(task), {
    cwd: REPOSITORY,
    env: { ...process.env, NO_COLOR: "1", ...environment(task) },
    encoding: "utf8",
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  const output = `${stdout}${stderr}`;
  const counts = output.match(COUNTS)?.at(-1);
  if (counts === undefined) throw new Error(`${name} printed no count, ended with ${status}:\n${output}`);
  const passed = Number(/(\d+) passed/.exec(counts)?.[1] ?? 0);
  const story = output.slice(-STORY_CHARACTERS);
  return {
    cases: passed,
    violations: status === 0 ? [] : [{ sentence: `${name} passes`, case: "all", story }],
    facts: [...(output.match(SKIPPED) ?? []), counts.trim()],
  };
}

/** As .ci/run reads them: of a program of ours, or of vitest. */
const COUNTS = /^(?: *Tests .*(?:passed|failed).*|\d+ passed, \d+ failed.*)$/gm;
const SKIPPED = /^SKIPPED .*$/gm;
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
const STORY_CHARACTERS = 8000;
