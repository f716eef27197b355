import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Ledger } from "./differences/ledger.js";
import { makeScratch } from "./kit/scratch.js";
import { printRows } from "./print-rows.js";
import type { Row } from "./row.js";
import { runAll } from "./run-all.js";
import { SECTIONS } from "./sections/index.js";
import type { Section, SectionResult } from "./sections/section.js";

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    seed: { type: "string" },
    scale: { type: "string", default: "1" },
    // Set by run.mjs.
    program: { type: "string", default: "" },
    bundles: { type: "string", default: "" },
    repository: { type: "string", default: "" },
    // Set by run-all.ts: the one section to run, and where its row goes.
    row: { type: "string" },
  },
});
const settings = {
  seed: values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed),
  scale: Number(values.scale),
  program: values.program,
  bundles: values.bundles,
  repository: values.repository,
};
export type Settings = typeof settings;

const sections = chosenSections(values.only);
if (values.row === undefined) {
  console.log(`interop: seed ${settings.seed}`);
  process.exitCode = printRows(await runAll(sections, settings));
} else {
  writeFileSync(values.row, JSON.stringify(await runSection(sections[0]!)));
}

function chosenSections(only: readonly string[] | undefined): Section[] {
  const unknown = only?.filter((name) => !SECTIONS.some((section) => section.name === name)) ?? [];
  const names = SECTIONS.map(({ name }) => name).join(", ");
  if (unknown.length > 0) throw new Error(`--only expected one of ${names}, found ${unknown.join(", ")}`);
  return SECTIONS.filter(({ name }) => only === undefined || only.includes(name));
}

async function runSection({ name, unit, run }: Section): Promise<Row> {
  const ledger = new Ledger();
  const start = performance.now();
  let result: SectionResult = { cases: 0, facts: [] };
  using scratch = makeScratch();
  try {
    result = await run({ ...settings, scratch, ledger });
  } catch (error) {
    // A section that cannot go on has failed; the others still have something to say.
    ledger.fail(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  const seconds = (performance.now() - start) / 1000;
  return { name, unit, ...result, seconds, listed: [...ledger.listed], failures: ledger.failures };
}
