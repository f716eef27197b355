// `pnpm fuzz`: bundles the suite from the sources, the product's included, and runs it as `datawal-fuzz` does.
import { join } from "node:path";
import { bundle, start } from "../../scripts/bundle.mjs";

const here = import.meta.dirname;
await bundle({
  entryPoints: ["src/main.ts", "src/real/child.ts"].map((path) => join(here, path)),
  outdir: join(here, "dist"),
  outbase: join(here, "src"),
  outExtension: { ".js": ".mjs" },
  // commander is CommonJS, and requires Node's modules.
  banner: {
    js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
  },
});
start(join(here, "dist/main.mjs"));
