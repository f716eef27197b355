// `pnpm interop`: builds the Rust program, bundles the comparison from the sources, the product's included, and starts
// it. `--only SECTION` (may be repeated), `--seed N`, `--scale X` (a fraction of the random cases), `--plant NAME`
// (with a fault of plants.json put into the product: the run must fail).
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildReference, bundle, missingCargo, repository } from "./build.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const args = process.argv.slice(2);

const missing = missingCargo();
if (missing) {
  console.log(`SKIPPED interop: ${missing}`);
  console.log("0 passed, 0 failed");
} else {
  process.exitCode = await run();
}

async function run() {
  const plant = takePlant();
  const bundles = join(here, "dist", plant?.name ?? "main");
  const program = buildReference();
  const main = await bundle("main.ts", join(bundles, "main.mjs"), plant);
  await bundle("programs/holder.ts", join(bundles, "holder.mjs"), plant);
  const places = ["--program", program, "--bundles", bundles, "--repository", repository];
  const command = ["--enable-source-maps", main, ...places, ...args];
  return spawnSync(process.execPath, command, { stdio: "inherit" }).status ?? 1;
}

/** The planted fault, if there is to be one. */
function takePlant() {
  const at = args.indexOf("--plant");
  if (at === -1) return undefined;
  const [, name] = args.splice(at, 2);
  const plants = JSON.parse(readFileSync(join(here, "plants.json"), "utf8"));
  const plant = plants.find((candidate) => candidate.name === name);
  if (!plant) throw new Error(`--plant expected one of plants.json, found ${name}`);
  return plant;
}
