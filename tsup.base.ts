import type { Options } from "tsup";

/** What every published package is built as: ESM, CommonJS and declarations, `node:` prefixes kept. */
export const library: Options = {
  format: ["esm", "cjs"],
  // Without @types/node, nothing else tells a compiler of `Disposable`.
  dts: { banner: '/// <reference lib="esnext.disposable" />' },
  clean: true,
  sourcemap: true,
  removeNodeProtocol: false,
  target: "es2022",
  // Read only where there is no `__filename`.
  esbuildOptions: (options) => {
    options.logOverride = { "empty-import-meta": "silent" };
  },
};
