import { realpathSync } from "node:fs";
import { isAbsolute } from "node:path";
import { fileURLToPath } from "node:url";

/** A package that may be installed: its exports, or why there are none. */
export type OptionalPackage<Exports> =
  | { state: "loaded"; exports: Exports }
  | { state: "missing" }
  | { state: "broken"; cause: unknown };

/**
 * Loads a package that need not be installed. It is looked for when the program runs, so that a bundler neither needs
 * nor copies it. One that is installed but cannot be loaded is told by a process warning, since who installed it
 * counts on it, and what is slower or missing without it would not be traced to that; but not one that was never built,
 * as package managers leave what they run no install script of: that would be told by every start of every program.
 *
 * @param member A function that it must export, to be the package that is meant.
 * @param here The place of the code that asks, a path or a `file:` URL; `__filename` before `import.meta.url`, which bundlers
 *   set to nothing (esbuild, in CommonJS) or to where the code lay when it was bundled (webpack). The program's own place
 *   is looked at, too.
 */
export function loadOptionalPackage<Exports>(
  name: string,
  member: keyof Exports & string,
  here: string | undefined,
): OptionalPackage<Exports> {
  try {
    // Not imported: webpack would answer `createRequire` by itself, and badly.
    const { createRequire } = process.getBuiltinModule("node:module");
    const places = [here, programPath()].map(placeOf).filter((place) => place !== undefined);
    const requires = places.map((place) => createRequire(place));
    const require = requires.find((candidate) => canResolve(candidate, name));
    if (!require) return { state: "missing" };
    const exports: Exports = require(name);
    if (typeof exports[member] !== "function") throw new TypeError(`it exports no function ${member}`);
    return { state: "loaded", exports };
  } catch (cause) {
    const message = `the optional package ${name} is installed but cannot be loaded, and is done without: ${cause}; build it ("npm rebuild ${name}") or remove it`;
    if (!isNotFound(cause)) process.emitWarning(message, { code: "DATAWAL_OPTIONAL_PACKAGE" });
    return { state: "broken", cause };
  }
}

/** Of a program that Node was given as text there is none: what stands there is its first argument. */
function programPath(): string | undefined {
  return (process as { _eval?: unknown })._eval === undefined ? process.argv[1] : undefined;
}

/** Where code lies, links resolved as Node does it; `undefined` for what is no file here. */
function placeOf(given: string | undefined): string | undefined {
  if (given === undefined || !(isAbsolute(given) || given.startsWith("file:"))) return undefined;
  try {
    return realpathSync(given.startsWith("file:") ? fileURLToPath(given) : given);
  } catch {
    // The place it had where it was bundled, which may be anybody's here.
    return undefined;
  }
}

function canResolve(require: NodeJS.Require, name: string): boolean {
  try {
    require.resolve(name);
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/** Of the package: that it is not installed. Of what it loads: that its native part was not built. */
function isNotFound(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === "MODULE_NOT_FOUND";
}
