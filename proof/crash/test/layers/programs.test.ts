import { expect, test } from "vitest";
import type { LayerTask } from "../../src/laboratory/layer.js";
import { programLayer } from "../../src/layers/programs/index.js";

const TASK: LayerTask = {
  seed: 5,
  length: "nightly",
  case: undefined,
  slice: { index: 0, count: 1 },
  stopsAtFirst: false,
  first: "",
};

/** Runs a layer whose program is this text. */
function run(text: string) {
  const args = ({ seed }: LayerTask) => ["--eval", text, `${seed}`];
  return programLayer({ name: "planted", args, environment: () => ({ PLANTED: "7" }) }).run(TASK);
}

test("a program's last count is its row's, of ours and of vitest", async () => {
  const ours = await run(
    `console.log("1 passed, 0 failed\\n" + process.argv[1] + process.env.PLANTED + " passed, 0 failed")`,
  );
  expect(ours).toEqual({ cases: 57, violations: [], facts: ["57 passed, 0 failed"] });
  expect(await run(`console.log("      Tests  6 passed (6)")`)).toMatchObject({ cases: 6, violations: [] });
});

test("a program that fails, and one that prints no count, are not passed over", async () => {
  const failed = await run(`console.log("2 passed, 1 failed"); process.exitCode = 1`);
  expect(failed).toMatchObject({ cases: 2, violations: [{ sentence: "planted passes" }] });
  await expect(run(`console.log("done")`)).rejects.toThrow(/planted printed no count/);
});
