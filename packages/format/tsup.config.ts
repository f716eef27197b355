import { defineConfig } from "tsup";
import { libraryOfEntries } from "../../tsup.base.js";

export default defineConfig({
  ...libraryOfEntries,
  entry: { index: "src/index.ts", internal: "src/internal.ts" },
});
