// The packages' tests under Windows' Node.js, and what cannot run there by name, against the list that Linux has.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, sep } from "node:path";

const PLACES = [
  "packages/format",
  "packages/safeatomic",
  "packages/record-log",
  "packages/datawal",
  "packages/cli",
];

/** `{ [reason]: { files, tests } }`: whole files that are not run, and tests that are and may fail. */
const NOT_THERE = Object.values(
  JSON.parse(readFileSync(join(import.meta.dirname, "../not-there.json"), "utf8")),
);

/** @returns How many tests have passed there. */
export async function runTests(wine, root, copy) {
  const files = new Set(NOT_THERE.flatMap(({ files = [] }) => files));
  const listed = new Set(NOT_THERE.flatMap(({ tests = [] }) => tests));
  const known = testsOfLinux(root, copy);
  const results = await resultsOf(wine, copy, files);
  const isRun = (test) => !files.has(test.split(" > ")[0]);
  const missing = known.filter(
    (test) => isRun(test) && results.get(test)?.status !== "passed" && !listed.has(test),
  );
  const told = missing.map((test) => `not run, and in no list: ${test}${whyOf(results.get(test))}`);
  const names = new Set(known);
  const stale = [...listed].filter((test) => !names.has(test));
  for (const test of stale) console.log(`listed, and no test of Linux by now: ${test}`);
  const passed = [...results.values()].filter(({ status }) => status === "passed").length;
  const back = [...listed].filter((test) => results.get(test)?.status === "passed");
  console.log(
    `tests: Linux has ${known.length}, Windows has passed ${passed}; listed as not there: ${listed.size}, and ${known.filter((test) => !isRun(test)).length} in ${files.size} files; of the listed have passed: ${back.length}`,
  );
  return { passed, failures: told };
}

function testsOfLinux(root, copy) {
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const list = join(copy, "tests-of-linux.json");
  // Only with "=" is it a file: a path behind a space would be written over.
  const args = [vitest, "list", `--json=${list}`, ...PLACES];
  execFileSync(process.execPath, args, { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  const tests = JSON.parse(readFileSync(list, "utf8"));
  return tests.map(({ name, file }) => `${file.slice(root.length + 1)} > ${name}`);
}

async function resultsOf(wine, copy, excluded) {
  // Again where one fails: it is not the system if it passes then, and Wine's turns of the event loop are uneven.
  const args = ["node_modules/vitest/vitest.mjs", "run", ...PLACES, "--no-color", "--retry=1"];
  for (const file of excluded) args.push("--exclude", file);
  const { output } = await wine.node([...args, "--reporter=json", "--outputFile=results.json"], {
    cwd: copy,
    timeoutMs: 900_000,
  });
  const results = new Map();
  let report;
  try {
    report = JSON.parse(readFileSync(join(copy, "results.json"), "utf8"));
  } catch (cause) {
    throw new Error(`vitest has left no results: ${output.slice(-2000)}`, { cause });
  }
  for (const { name, assertionResults } of report.testResults) {
    const file = name.split("/").slice(name.split("/").indexOf("packages")).join(sep);
    for (const { ancestorTitles, title, status, failureMessages } of assertionResults)
      results.set([file, ...ancestorTitles, title].join(" > "), { status, why: failureMessages?.[0] });
  }
  return results;
}

function whyOf(result) {
  return result ? ` (${result.status}${result.why ? `: ${result.why.split("\n")[0]}` : ""})` : "";
}
