// Where people run it: jest, bundles, compilers old and new, each against the packed packages. Prints "N passed, N failed".
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installPackages, packPackages } from "../../scripts/pack-packages.mjs";
import { addPeers, checkBundles } from "./src/bundles.mjs";
import { checkInspector } from "./src/inspector.mjs";
import { checkJest } from "./src/jest.mjs";
import { checkKeyv } from "./src/keyv.mjs";
import { checkManners } from "./src/manners.mjs";
import { checkRuntimes } from "./src/runtimes.mjs";
import { installTools } from "./src/tools.mjs";
import { addNodeTypes, checkTypes } from "./src/types.mjs";

const only = process.argv[2];
const work = mkdtempSync(join(tmpdir(), "datawal-surroundings-work-"));
let passed = 0;
let failed = 0;

async function check(what, run) {
  try {
    await run();
    passed++;
  } catch (error) {
    failed++;
    console.error(`${what}: ${error.message}\n`);
  }
}

async function section(name, run) {
  if (only !== undefined && only !== name) return;
  const startMs = performance.now();
  await run();
  console.log(`${name}: ${((performance.now() - startMs) / 1000).toFixed(0)} s`);
}

installTools();
const projects = { without: join(work, "without"), with: join(work, "with") };
const packed = packPackages(work);
installPackages(packed, projects.without);
cpSync(projects.without, projects.with, { recursive: true, verbatimSymlinks: true });
addPeers(projects.with);
addNodeTypes(projects.with);

await section("manners", () => checkManners(packed, check));
await section("inspector", () => checkInspector(work, check));
await section("jest", () => checkJest(projects.without, check));
await section("bundles", () => checkBundles(projects, work, check));
await section("runtimes", () => checkRuntimes(packed, projects.without, work, check));
await section("keyv", () => checkKeyv(projects.without, work, check));
await section("types", () => checkTypes(projects, check));

rmSync(work, { recursive: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
