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
    plugins: [patching(patches)],
  });
  return outfile;
}

/** Changes the product's sources on their way into a bundle, which fails where there is no such text. */
export function patching(patches: readonly Patch[]): Plugin {
  return {
    name: "patching",
    setup({ onLoad, onEnd }) {
      const left = new Set(patches);
      onLoad({ filter: /\/packages\/.*\.ts$/ }, ({ path }) => {
        const mine = [...left].filter(({ file }) => join(REPOSITORY, file) === path);
        if (mine.length === 0) return undefined;
        let contents = readFileSync(path, "utf8");
        for (const patch of mine) {
          contents = apply(patch, contents);
          left.delete(patch);
        }
        return { contents, loader: "ts" };
      });
      onEnd(() => ({ errors: [...left].map(({ file }) => ({ text: `no such file: ${file}` })) }));
    },
  };
}

function apply({ file, find, replace }: Patch, contents: string): string {
  const count = contents.split(find).length - 1;
  if (count !== 1) throw new Error(`${file}: expected once, found ${count} times: ${find}`);
  return contents.replace(find, () => replace);
}
