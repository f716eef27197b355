import { defineConfig } from "tsup";
import { library } from "../../tsup.base.js";

export default defineConfig({
  ...library,
  entry: { main: "src/main.ts", writer: "src/writer.ts" },
  format: ["esm"],
});
