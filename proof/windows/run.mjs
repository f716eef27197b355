// The packages on Windows' own Node.js, under Wine: their tests, killed writers, processes that exclude each other.
// Prints "N passed, N failed", or what is missing on this machine.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { runKills } from "./src/kills.mjs";
import { runLocks } from "./src/locks.mjs";
import { runTests } from "./src/tests.mjs";
import { Wine, whatIsMissing } from "./src/wine.mjs";

const root = dirname(dirname(import.meta.dirname));
/** Fixed: what lands is not decided by a draw. */
const SEED = 2112029704;

const only = process.argv[2];
let passed = 0;
let failed = 0;

function fail(what) {
  failed++;
  console.error(what);
}

async function check(what, run) {
  try {
    await run();
    passed++;
  } catch (error) {
    fail(`${what}: ${error.message}`);
  }
}

async function section(name, run) {
  if (only !== undefined && only !== name) return;
  const startMs = performance.now();
  const { passed: count = 0, failures = [] } = (await run()) ?? {};
  passed += count;
  for (const failure of failures) fail(failure);
  console.log(`${name}: ${((performance.now() - startMs) / 1000).toFixed(0)} s`);
}

const BUILT = {
  format: "@datawal/format",
  safeatomic: "@datawal/safeatomic",
  "record-log": "@datawal/record-log",
  datawal: "datawal",
  cli: "@datawal/cli",
};

/** The files that git knows, with the build, and the packages' dependencies as Windows needs them. */
function makeCopy(copy) {
  const list = ["ls-files", "--cached", "--others", "--exclude-standard"];
  const names = execFileSync("git", list, { cwd: root, encoding: "utf8" }).split("\n").filter(Boolean);
  for (const name of Object.keys(BUILT)) names.push(join("packages", name, "dist"));
  for (const name of names) cpSync(join(root, name), join(copy, name), { recursive: true });
  const options = [
    "--frozen-lockfile",
    "--ignore-scripts",
    "--os=win32",
    "--cpu=x64",
    "--config.node-linker=hoisted",
  ];
  const pnpm = join(root, "node_modules/.bin/pnpm");
  execFileSync(pnpm, ["--dir", copy, "install", ...options], { stdio: ["ignore", "ignore", "inherit"] });
  for (const [folder, name] of Object.entries(BUILT)) {
    const link = join(copy, "node_modules", name);
    if (!existsSync(link)) symlinkSync(join(copy, "packages", folder), link);
  }
}

async function runAll(work) {
  const copy = join(work, "copy");
  const wine = new Wine(join(work, "wine"), join(copy, "proof/windows/strict.cjs"));
  try {
    await section("tests", () => runTests(wine, root, copy));
    await section("locks", () => runLocks(wine, copy, work, check));
    await section("kills", () => runKills(wine, copy, work, SEED));
  } finally {
    await wine.stop();
  }
}

const missing = whatIsMissing();
if (missing === undefined) {
  const work = mkdtempSync(join(tmpdir(), "datawal-windows-"));
  try {
    makeCopy(join(work, "copy"));
    await runAll(work);
  } finally {
    rmSync(work, { recursive: true });
  }
} else console.log(`SKIPPED windows: ${missing}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && (passed > 0 || missing !== undefined) ? 0 : 1;
