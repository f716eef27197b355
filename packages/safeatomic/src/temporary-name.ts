import { basename, dirname, join } from "node:path";
import type { FileSystem } from "./file-system.js";

/** Keeps the name within the 255 bytes that file systems allow: at most 3 bytes of UTF-8 each, suffixes apart. */
const KEPT_CHARACTERS_MAX = 60;

/** A name that no other file has, beside the file it is for; its end tells people what a crash left behind. */
export function temporaryPathFor(fileSystem: FileSystem, path: string): string {
  const kept = basename(path).slice(0, KEPT_CHARACTERS_MAX);
  return join(dirname(path), `${kept}.${fileSystem.uniqueSuffix()}.new`);
}
