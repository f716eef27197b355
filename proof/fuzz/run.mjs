// `pnpm fuzz`: bundles the suite from the sources, the product's included, and runs it as `datawal-fuzz` does.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
await build({
  entryPoints: ["src/main.ts", "src/real/child.ts"].map((path) => join(here, path)),
  outdir: join(here, "dist"),
  outbase: join(here, "src"),
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  conditions: ["@datawal/source"],
  external: ["fs-ext", "@node-rs/crc32"],
  // commander is CommonJS, and requires Node's modules.
  banner: {
    js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
  },
  sourcemap: "inline",
  logLevel: "warning",
});
const program = join(here, "dist/main.mjs");
const { status } = spawnSync(process.execPath, ["--enable-source-maps", program, ...process.argv.slice(2)], {
  stdio: "inherit",
});
process.exitCode = status ?? 1;
