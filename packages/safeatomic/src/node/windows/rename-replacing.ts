import { renameSync, rmdirSync } from "node:fs";
import { systemError } from "../../system-error.js";
import { lookAt } from "./look-at.js";
import { whileHeld } from "./while-held.js";

/** As rename(2): replaces a file by a file, an empty directory by a directory, and nothing else. */
export function renameReplacing(from: string, to: string): void {
  const [moved, replaced] = [lookAt(from), lookAt(to)];
  if (moved && replaced && moved.ino !== replaced.ino) {
    if (moved.isDirectory() && !replaced.isDirectory()) throw systemError("ENOTDIR", `rename: ${to} is none`);
    if (!moved.isDirectory() && replaced.isDirectory()) throw systemError("EISDIR", `rename: ${to} is one`);
    // Windows replaces no directory, not even an empty one.
    if (moved.isDirectory()) rmdirSync(to);
  }
  whileHeld(() => renameSync(from, to));
}
