// `node proof/interop/reproduce.mjs`: needs cargo, and the packages of this repository installed (`npm run setup`).
// Shows how the Rust crate loses data, live, and what we do with the same bytes.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildReference, bundle } from "./build.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const program = buildReference();
const script = await bundle("programs/reproduce.ts", join(here, "dist/reproduce.mjs"));
const { status } = spawnSync(process.execPath, [script, program], { stdio: "inherit" });
process.exitCode = status ?? 1;
