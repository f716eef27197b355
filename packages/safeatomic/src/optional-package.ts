import { createRequire } from "node:module";
import { isAbsolute, join } from "node:path";

/** A package that may be installed: its exports, or why there are none. */
export type OptionalPackage =
  | { state: "loaded"; exports: unknown }
  | { state: "missing" }
  | { state: "broken"; cause: unknown };

/**
 * Loads a package that need not be installed. It is looked for when the program runs, so that a bundler neither needs
 * nor copies it. One that is installed but cannot be loaded is told by a process warning, since who installed it
 * counts on it, and what is slower or missing without it would not be traced to that.
 *
 * @param here The place of the code that asks, a path or a `file:` URL: `__filename` where there is one, since bundlers
 *   set `import.meta.url` to nothing (esbuild, in CommonJS) or to where the code lay when it was bundled (webpack).
 */
export function loadOptionalPackage(name: string, here: string | undefined): OptionalPackage {
  try {
    const require = createRequire(startingPoint(here));
    const path = resolved(require, name);
    return path === undefined ? { state: "missing" } : { state: "loaded", exports: require(path) };
  } catch (cause) {
    const message = `the optional package ${name} is installed but cannot be loaded, and is done without: ${cause}; build it ("npm rebuild ${name}") or remove it`;
    process.emitWarning(message, { code: "DATAWAL_OPTIONAL_PACKAGE" });
    return { state: "broken", cause };
  }
}

/** A script given to Node as text has no place; Node itself then looks from the current directory. */
function startingPoint(here: string | undefined): string {
  return here && (isAbsolute(here) || here.startsWith("file:")) ? here : join(process.cwd(), "script");
}

function resolved(require: NodeJS.Require, name: string): string | undefined {
  try {
    return require.resolve(name);
  } catch (error) {
    if ((error as { code?: unknown }).code === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}
