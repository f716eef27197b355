import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

/** The folder of this package: the bundle that runs lies in its `dist`. */
export const CRASH_FOLDER = dirname(dirname(fileURLToPath(import.meta.url)));
export const REPOSITORY = dirname(dirname(CRASH_FOLDER));

/** A change of one source file of the product: a text that stands there once, and what stands there instead. */
export interface Patch {
  /** From the root of the repository. */
  file: string;
  find: string;
  replace: string;
}

/** Bundles the laboratory with the product's sources, changed by patches. Returns the bundle's path. */
export async function bundle(name: string, patches: readonly Patch[]): Promise<string> {
  const outfile = join(CRASH_FOLDER, "dist", `${name}.mjs`);
  mkdirSync(dirname(outfile), { recursive: true });
  const left = new Set(patches);
  await build({
    entryPoints: [join(CRASH_FOLDER, "src/main.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    conditions: ["@datawal/source"],
    external: ["esbuild", "fs-ext", "@node-rs/crc32"],
    logLevel: "error",
    plugins: [patching(left)],
  });
  if (left.size > 0)
    throw new Error(`${name}: no such file: ${[...left].map(({ file }) => file).join(", ")}`);
  return outfile;
}

function patching(left: Set<Patch>): Plugin {
  return {
    name: "patching",
    setup({ onLoad }) {
      onLoad({ filter: /\/packages\/.*\.ts$/ }, ({ path }) => {
        const patches = [...left].filter(({ file }) => join(REPOSITORY, file) === path);
        if (patches.length === 0) return undefined;
        let contents = readFileSync(path, "utf8");
        for (const patch of patches) {
          contents = apply(patch, contents);
          left.delete(patch);
        }
        return { contents, loader: "ts" };
      });
    },
  };
}

function apply({ file, find, replace }: Patch, contents: string): string {
  const count = contents.split(find).length - 1;
  if (count !== 1) throw new Error(`${file}: expected once, found ${count} times: ${find}`);
  return contents.replace(find, () => replace);
}
