// `pnpm soak`: bundles the soak from the sources, the product's included, and starts it. Options: --minutes N, --seed N,
// --out DIRECTORY for its table and picture, --plant for a writer that leaks, which it must notice.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const outfile = join(here, "dist/soak.mjs");
await build({
  entryPoints: [join(here, "src/long-soak/main.ts")],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  conditions: ["@datawal/source"],
  external: ["esbuild", "fs-ext", "@node-rs/crc32"],
  sourcemap: "inline",
  logLevel: "warning",
});
const args = ["--enable-source-maps", "--expose-gc", outfile, ...process.argv.slice(2)];
process.exitCode = spawnSync(process.execPath, args, { stdio: "inherit" }).status ?? 1;
