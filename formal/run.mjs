// `pnpm formal`: bundles what checks the models, and the traces, from the sources, and starts it.
import { join } from "node:path";
import { bundle, start } from "../scripts/bundle.mjs";

const outfile = join(import.meta.dirname, "dist/run/main.mjs");
const external = ["esbuild", "fs-ext", "@node-rs/crc32", "tla-checker"];
await bundle({ entryPoints: [join(import.meta.dirname, "src/main.ts")], outfile, external });
start(outfile);
