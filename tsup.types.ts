import { defineConfig } from "tsup";

/**
 * The declarations of a published package. Made apart from its code: they take three times as long as all else of a
 * build, and only what packs the packages needs them, since the workspace reads the types of the sources. `./internal`
 * has none: only packages of this workspace import it.
 */
export default defineConfig({
  entry: ["src/index.ts", "src/testing/index.ts"],
  format: ["esm", "cjs"],
  // Without @types/node, nothing else tells a compiler of `Disposable`.
  dts: { only: true, banner: '/// <reference lib="esnext.disposable" />' },
});
