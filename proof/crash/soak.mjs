// `pnpm soak`: bundles the soak from the sources, the product's included, and starts it. Options: --minutes N, --seed N,
// --out DIRECTORY for its table and picture, --plant for a writer that leaks, which it must notice.
import { join } from "node:path";
import { bundle, start } from "../../scripts/bundle.mjs";

const outfile = join(import.meta.dirname, "dist/soak.mjs");
await bundle({ entryPoints: [join(import.meta.dirname, "src/long-soak/main.ts")], outfile });
start(outfile, "--expose-gc");
