import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

// From the source, and from the bundle in dist.
const CORPUS = join(import.meta.dirname, "../corpus");

/** Inputs that once reached something that no other did: in hexadecimal, a line each. */
export function corpusOf(target: string): Uint8Array[] {
  const path = join(CORPUS, `${target}.txt`);
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => new Uint8Array(Buffer.from(line, "hex")));
}
