import type { Options } from "tsup";

/** What every published package is built as: ESM and CommonJS, `node:` prefixes kept; its declarations are made apart. */
export const library: Options = {
  format: ["esm", "cjs"],
  clean: true,
  sourcemap: true,
  removeNodeProtocol: false,
  target: "es2022",
  // Read only where there is no `__filename`.
  esbuildOptions: (options) => {
    options.logOverride = { "empty-import-meta": "silent" };
  },
};
