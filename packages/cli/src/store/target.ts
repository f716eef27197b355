import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { nodeFileSystem } from "@datawal/safeatomic";
import { Failure } from "../failure.js";

/** A copy within the store that it is made of would change the store. @throws Failure */
export function requireOutside(command: string, store: string, target: string): void {
  const way = relative(realPlace(resolve(store)), realPlace(resolve(target)));
  // Absolute: on another drive of Windows.
  if (way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way)) return;
  throw new Failure(`${command}: expected a place outside of ${store}, found ${target}; name another one`);
}

/** The path with its links resolved, as far as it exists. */
function realPlace(path: string): string {
  try {
    return nodeFileSystem.realPath(path);
  } catch {
    // Whatever keeps us from looking at it, the command itself will tell when it gets there.
    return path === dirname(path) ? path : join(realPlace(dirname(path)), basename(path));
  }
}
