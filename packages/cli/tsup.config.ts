import { copyFileSync } from "node:fs";
import { defineConfig, type Options } from "tsup";
import { libraryOfEntries } from "../../tsup.base.js";

/** What goes with the bundle: the schema of its JSON, and the licences of others' code that is in it. */
const COPIES = {
  "src/schema/datawal.cli.v1.json": "dist/datawal.cli.v1.json",
  "node_modules/commander/LICENSE": "dist/LICENSE-commander",
  "../format/node_modules/crc-32/LICENSE": "dist/LICENSE-crc-32",
};

/** Node's loader of ES modules, which `import()` starts in CommonJS as well, takes as long as a small command does. */
const REQUIRED_WHEN_CALLED: NonNullable<Options["plugins"]>[number] = {
  name: "required-when-called",
  renderChunk: (code) => ({ code: code.replace(/\bimport\(("[^"]+")\)/g, "Promise.resolve(require($1))") }),
};

/** Of commander, which loads it for commands that are programs of their own: we have none, and it takes 4 ms. */
const NO_CHILDREN: NonNullable<Options["esbuildPlugins"]>[number] = {
  name: "no-children",
  setup: (build) => {
    build.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes("commander") ? { path: "no-children", namespace: "no-children" } : undefined,
    );
    build.onLoad({ filter: /./, namespace: "no-children" }, () => ({ contents: "export {}" }));
  },
};

// Few files that hold all they need, and CommonJS: loading many, and Node's loader of ES modules, each took as long as a
// small command does.
export default defineConfig({
  ...libraryOfEntries,
  entry: { main: "src/main.ts" },
  format: ["cjs"],
  minify: true,
  plugins: [REQUIRED_WHEN_CALLED],
  esbuildPlugins: [NO_CHILDREN],
  onSuccess: async () => {
    for (const [from, to] of Object.entries(COPIES)) copyFileSync(from, to);
  },
});
