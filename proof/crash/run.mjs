// `pnpm crash`: bundles the laboratory from the sources, the product's included, and starts it.
import { join } from "node:path";
import { bundle, start } from "../../scripts/bundle.mjs";

const outfile = join(import.meta.dirname, "dist/main.mjs");
await bundle({ entryPoints: [join(import.meta.dirname, "src/main.ts")], outfile });
start(outfile);
