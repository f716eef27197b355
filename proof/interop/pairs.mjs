// `node proof/interop/pairs.mjs STORE`: the pairs that the Rust crate finds in a store which it opens as a writer does,
// a line each: key and value in base64.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildReference, bundle, missingCargo } from "./build.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const missing = missingCargo();
if (missing) {
  console.log(`SKIPPED the reference: ${missing}`);
} else {
  const script = await bundle("programs/pairs.ts", join(here, "dist/pairs.mjs"));
  const args = [script, buildReference(), ...process.argv.slice(2)];
  process.exitCode = spawnSync(process.execPath, args, { stdio: "inherit" }).status ?? 1;
}
