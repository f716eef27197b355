import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { FOLDER } from "./folder.js";
import { MODELS } from "./models/all-models.js";
import { type ModelResult, runModel, specOf } from "./run-model.js";
import { formatTable } from "./table.js";
import { Tlc } from "./tlc.js";
import type { TraceKind } from "./traces/code-mutants.js";
import { firstRejection, REJECTED, runCodeMutants, runTraces } from "./traces/run-traces.js";

const USAGE = `pnpm formal [--nightly] [--model NAME] [--traces] [--seed N]
  every model within its bounds, its planted faults, and the traces of the code; --nightly with wider bounds
  --model   one model alone, by the beginning of its name; --traces the traces alone`;

const { values } = parseArgs({
  options: {
    nightly: { type: "boolean", default: false },
    model: { type: "string" },
    traces: { type: "boolean", default: false },
    seed: { type: "string", default: "1" },
    "first-rejection": { type: "string" },
    help: { type: "boolean", default: false },
  },
});

const say = (line: string) => console.log(line);
const seed = Number(values.seed);

function runModels(): ModelResult[] {
  const wanted = MODELS.filter(({ name }) => name.startsWith(values.model ?? ""));
  return wanted.map((model) => runModel(model, values.nightly, say));
}

const FEW_STATES = 20_000;
/** For a run of seconds: java compiles less. */
const BRIEF = ["-XX:TieredStopAtLevel=1"];

/** A second opinion, where there is one: it counts the same states. */
function compare(results: readonly ModelResult[]): string[] {
  const tlc = Tlc.find();
  if (typeof tlc === "string") {
    say(`TLC was not asked: ${tlc}`);
    return [];
  }
  // In a night all of them; else those that it has counted in a few seconds.
  const asked = results.filter(({ states }) => values.nightly || states < FEW_STATES);
  const failures = asked.flatMap(({ name, states, depth }) => {
    const found = tlc.check(name, specOf(name), values.nightly ? [] : BRIEF);
    if (typeof found === "string") return [`TLC on ${name}: ${found}`];
    say(`TLC on ${name}: ${found.states} states, depth ${found.depth}`);
    return found.states === states && found.depth === depth
      ? []
      : [`${name}: ${states} states, depth ${depth}; TLC counts otherwise`];
  });
  tlc.end();
  return failures;
}

/** The page's figures are those that were found. */
function compareWithPage(results: readonly ModelResult[]): string[] {
  const page = readFileSync(join(FOLDER, "../docs/formal.md"), "utf8").split("\n");
  const found = results.flatMap(({ name, states, depth, scopes }) => [
    { begins: `| [${name}]`, ends: `| ${states.toLocaleString("en-US")} | ${depth} |` },
    ...scopes.map((scope) => ({
      begins: `| ${name} | \`${scope.bounds}\` |`,
      ends: `| ${scope.states.toLocaleString("en-US")} |`,
    })),
  ]);
  return found
    .filter(({ begins, ends }) => !page.some((line) => line.startsWith(begins) && line.endsWith(ends)))
    .map(({ begins, ends }) => `docs/formal.md: expected a row "${begins} ... ${ends}"`);
}

async function main(): Promise<number> {
  if (values.help) {
    say(USAGE);
    return 0;
  }
  if (values["first-rejection"]) {
    const rejection = await firstRejection(values["first-rejection"] as TraceKind, seed);
    if (rejection) say(rejection);
    return rejection ? REJECTED : 0;
  }
  const results = values.traces ? [] : runModels();
  const others = values.model
    ? []
    : [await runTraces(values.nightly, seed, say), await runCodeMutants(seed, say)];
  if (results.length > 0) say(formatTable(results));
  const failures = [...results, ...others].flatMap((each) => each.failures);
  failures.push(...compareWithPage(results), ...compare(results));
  for (const failure of failures) say(`FAILED ${failure}`);
  const passed = [...results, ...others].reduce((sum, each) => sum + each.passed, 0);
  say(`${passed} passed, ${failures.length} failed`);
  return failures.length === 0 && passed > 0 ? 0 : 1;
}

process.exitCode = await main();
