// `pnpm bench`: us, the system itself, the Rust reference and the peers, side by side in one run.
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { Bench } from "./src/bench.mjs";
import { compare, printComparison } from "./src/compare.mjs";
import { describeEnvironment } from "./src/environment.mjs";
import { GROUPS } from "./src/groups.mjs";
import { judge } from "./src/judge.mjs";
import { parseOptions, USAGE } from "./src/options.mjs";
import { writeDocs } from "./src/report/docs.mjs";
import { writePictures } from "./src/report/pictures.mjs";
import { readResults, writeResults } from "./src/report/results.mjs";
import { countVerdicts, tableForTerminal } from "./src/report/table.mjs";
import { installPeers, versionOf, whyMissing } from "./src/setup/peers.mjs";
import { buildReference } from "./src/setup/reference.mjs";
import { FULL, QUICK } from "./src/sizes.mjs";

const PEERS = ["classic-level", "lmdb", "better-sqlite3", "node-sqlite"];

/** Makes a folder for this run, and removes what runs have left that were killed: it may be gigabytes. */
function makeWorkFolder(parent) {
  mkdirSync(parent, { recursive: true });
  for (const name of readdirSync(parent)) {
    const pid = name.match(/^run-(\d+)$/)?.[1];
    if (pid && !isRunning(Number(pid))) rmSync(join(parent, name), { recursive: true });
  }
  const work = join(parent, `run-${process.pid}`);
  mkdirSync(work);
  return work;
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code !== "ESRCH";
  }
}

/** Says who takes part, and loudly who does not. */
function muster(bench, reference) {
  if (reference.missing) bench.missing.rust = reference.missing;
  for (const peer of PEERS) {
    const reason = whyMissing(peer);
    if (reason) bench.missing[peer] = reason;
  }
  for (const [name, reason] of Object.entries(bench.missing))
    process.stdout.write(`\n!!! LEFT OUT: ${name}: ${reason}\n`);
}

function introduce(environment) {
  for (const [name, fact] of Object.entries(environment))
    process.stdout.write(`${name.padEnd(12)} ${fact}\n`);
}

/** @param onGroup Called behind each: what was found by then is not lost if a later one fails. */
async function runGroups(bench, groups, onGroup) {
  for (const group of groups) {
    process.stdout.write(`\n== ${group}\n`);
    bench.group = group;
    const startMs = performance.now();
    await GROUPS[group](bench);
    process.stdout.write(`\n   ${((performance.now() - startMs) / 1000).toFixed(0)} s\n`);
    onGroup(group);
  }
}

async function main() {
  const options = parseOptions(process.argv.slice(2));
  if (options.isHelp) return void console.log(USAGE);
  const startMs = performance.now();
  const work = makeWorkFolder(resolve(options.directory ?? join(import.meta.dirname, "work")));
  try {
    const environment = describeEnvironment(work);
    const installFailure = installPeers();
    if (installFailure) process.stdout.write(`\n!!! ${installFailure}\n\n`);
    const reference = buildReference();
    const sizes = options.isQuick ? QUICK : FULL;
    const bench = new Bench(options, sizes, work, reference.program);
    environment.peers = PEERS.slice(0, 3)
      .map((peer) => `${peer} ${versionOf(peer)}`)
      .join(", ");
    environment.rounds = options.rounds;
    introduce(environment);
    muster(bench, reference);
    const run = { environment, missing: bench.missing, cases: bench.cases, sizes };
    await runGroups(bench, options.groups, (group) => {
      if (options.writesDocs) document(run, group);
    });
    if (options.trees) process.exitCode = printComparison(compare(bench.cases)) > 0 ? 1 : 0;
    else finish(run, options, startMs);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function finish(run, options, startMs) {
  const judged = judge(run, options.groups);
  process.stdout.write(`\n${tableForTerminal(judged)}\n\n`);
  if (options.isQuick) process.stdout.write("Quick: these figures show that it runs, and nothing else.\n");
  const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
  process.stdout.write(`bench: ${countVerdicts(judged)}, in ${seconds} s\n`);
}

/** Keeps a group's figures; the page shows the latest of each group, whichever run they are from. */
function document(run, group) {
  writeResults(run, group);
  const groups = Object.keys(GROUPS);
  const all = { ...readResults(groups), sizes: run.sizes };
  writePictures(all);
  writeDocs(all, judge(all, groups));
}

try {
  await main();
} catch (error) {
  const isForUser = error.message.startsWith("bench: ") || error.code?.startsWith("ERR_PARSE_ARGS");
  console.error(isForUser ? error.message : error);
  process.exitCode = 1;
}
