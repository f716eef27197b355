import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the laboratory's package, whether this module runs from its source or from a bundle in dist. */
export const CRASH_PACKAGE = packageAbove(dirname(fileURLToPath(import.meta.url)));

function packageAbove(directory: string): string {
  return existsSync(join(directory, "package.json")) ? directory : packageAbove(dirname(directory));
}
