// Makes what the runner and the reproduction need: the Rust program, and bundles of our sources, the product's included.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle as bundleSources } from "../../scripts/bundle.mjs";

const here = dirname(fileURLToPath(import.meta.url));
export const repository = dirname(dirname(here));

/** Why the Rust program cannot be built on this machine, or nothing. */
export function missingCargo() {
  const { error, status, stderr } = spawnSync("cargo", ["--version"], { encoding: "utf8" });
  if (error) return `no cargo on PATH (${error.code})`;
  // rustup's proxy without a toolchain, as under an empty HOME.
  return status === 0 ? undefined : `cargo does not run: ${stderr.trim().split("\n")[0]}`;
}

/** Builds the Rust program; returns its path. */
export function buildReference() {
  const folder = join(here, "rust");
  const cargo = spawnSync("cargo", ["build", "--release", "--quiet"], { cwd: folder, encoding: "utf8" });
  if (cargo.status !== 0) throw new Error(`cargo build failed in ${folder}:\n${cargo.stderr}`);
  const target = process.env.CARGO_TARGET_DIR ?? join(folder, "target");
  return join(target, "release", "datawal-interop");
}

/**
 * Bundles one of our programs. Of packages from the registry only those stay outside that have native parts, or that
 * nothing but the driver needs: so a bundle runs from anywhere.
 *
 * @param {string} entry below src/
 * @param {string} outfile
 * @param {{ file: string, from: string, to: string }=} plant A fault to be put into a source of the product.
 */
export async function bundle(entry, outfile, plant) {
  await bundleSources({
    entryPoints: [join(here, "src", entry)],
    outfile,
    external: ["fast-check", "fs-ext", "@node-rs/crc32"],
    plugins: plant ? [planting(plant)] : [],
    // The CommonJS packages inside expect a require.
    banner: {
      js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
    },
  });
  return outfile;
}

function planting({ file, from, to }) {
  return {
    name: "plant",
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        if (relative(repository, path) !== file) return undefined;
        const text = readFileSync(path, "utf8");
        if (text.split(from).length !== 2) throw new Error(`${file}: expected once: ${from}`);
        return { contents: text.replace(from, () => to), loader: "ts" };
      });
    },
  };
}
