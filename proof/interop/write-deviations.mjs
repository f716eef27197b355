// Writes the list of permitted differences into docs/compatibility.md; a test compares them.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle, repository } from "./build.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const script = await bundle("programs/write-deviations.ts", join(here, "dist/write-deviations.mjs"));
const document = join(repository, "docs/compatibility.md");
process.exitCode = spawnSync(process.execPath, [script, document], { stdio: "inherit" }).status ?? 1;
