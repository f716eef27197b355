import { type BigIntStats, lstatSync } from "node:fs";
import { errnoOf } from "../../safeatomic-error.js";

/** What stands at a path itself, a link not followed; `undefined` where nothing does. */
export function lookAt(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true });
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
    return undefined;
  }
}
