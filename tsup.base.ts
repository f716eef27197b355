import type { Options } from "tsup";

/** What every published package is built as: ESM and CommonJS, `node:` prefixes kept; its declarations are made apart. */
export const library: Options = {
  format: ["esm", "cjs"],
  clean: true,
  removeNodeProtocol: false,
  target: "es2022",
  esbuildOptions: (options, { format }) => {
    // Else esbuild goes by the directory in which it was loaded, and one process builds several packages.
    options.absWorkingDir = process.cwd();
    // Read only where there is no `__filename`, which CommonJS has.
    if (format === "cjs") options.define = { ...options.define, "import.meta.url": "undefined" };
  },
};

/**
 * What several entries of a package hold is there once, in CommonJS, too. By rollup, which `treeshake` asks for: what makes
 * CommonJS of the parts else rewrites every `?.` and `??`, in the hottest loops among them.
 */
export const libraryOfEntries: Options = { ...library, splitting: true, treeshake: true };
