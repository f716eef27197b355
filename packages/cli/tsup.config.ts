import { copyFileSync } from "node:fs";
import { defineConfig } from "tsup";
import { library } from "../../tsup.base.js";

/** What goes with the bundle: the schema of its JSON, and the licences of others' code that is in it. */
const COPIES = {
  "src/schema/datawal.cli.v1.json": "dist/datawal.cli.v1.json",
  "node_modules/commander/LICENSE": "dist/LICENSE-commander",
  "../format/node_modules/crc-32/LICENSE": "dist/LICENSE-crc-32",
};

// One small file that holds all it needs, and CommonJS: loading many files, and Node's loader of ES modules, each took
// as long as a small command does.
export default defineConfig({
  ...library,
  entry: { main: "src/main.ts" },
  format: ["cjs"],
  minify: true,
  onSuccess: async () => {
    for (const [from, to] of Object.entries(COPIES)) copyFileSync(from, to);
  },
});
