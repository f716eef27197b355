import { createRequire } from "node:module";
import { isAbsolute, join } from "node:path";

/** A package that may be installed: its exports, or why there are none. */
export type OptionalPackage<Exports> =
  | { state: "loaded"; exports: Exports }
  | { state: "missing" }
  | { state: "broken"; cause: unknown };

/**
 * Loads a package that need not be installed. It is looked for when the program runs, so that a bundler neither needs
 * nor copies it. One that is installed but cannot be loaded is told by a process warning, since who installed it
 * counts on it, and what is slower or missing without it would not be traced to that.
 *
 * @param member A function that it must export, to be the package that is meant.
 * @param here The place of the code that asks, a path or a `file:` URL: `__filename` where there is one, since bundlers
 *   set `import.meta.url` to nothing (esbuild, in CommonJS) or to where the code lay when it was bundled (webpack).
 */
export function loadOptionalPackage<Exports>(
  name: string,
  member: keyof Exports & string,
  here: string | undefined,
): OptionalPackage<Exports> {
  try {
    const require = createRequire(startingPoint(here));
    const path = resolved(require, name);
    if (path === undefined) return { state: "missing" };
    const exports: Exports = require(path);
    if (typeof exports[member] !== "function") throw new TypeError(`it exports no function ${member}`);
    return { state: "loaded", exports };
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
