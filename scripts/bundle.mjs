// How the proofs' programs are bundled from the sources, the product's included, and started.
import { spawnSync } from "node:child_process";
import { build } from "esbuild";

/** @param options esbuild's: the entry points, where to, and what is otherwise than usual. */
export function bundle(options) {
  return build({
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    conditions: ["@datawal/source"],
    external: ["esbuild", "fs-ext", "@node-rs/crc32"],
    sourcemap: "inline",
    logLevel: "warning",
    ...options,
  });
}

/** Runs a bundle with this program's arguments; ends as it does. */
export function start(program, ...nodeOptions) {
  const args = ["--enable-source-maps", ...nodeOptions, program, ...process.argv.slice(2)];
  process.exitCode = spawnSync(process.execPath, args, { stdio: "inherit" }).status ?? 1;
}
