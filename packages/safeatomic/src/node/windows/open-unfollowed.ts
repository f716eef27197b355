import { closeSync, constants, fstatSync, lstatSync, openSync } from "node:fs";
import { notAFile } from "../../safeatomic-error.js";
import { systemError } from "../../system-error.js";
import { lookAt } from "./look-at.js";
import { requireUsableName } from "./reserved-names.js";

/** For want of O_NOFOLLOW: what stands at the path is looked at before and behind, until that is what was opened. */
export function openUnfollowed(path: string, flags: number, permissions: number): number {
  if (flags & constants.O_CREAT) requireUsableName(path);
  if (flags & constants.O_EXCL) return openSync(path, flags, permissions);
  for (;;) {
    const found = lookAt(path);
    if (found?.isSymbolicLink()) throw systemError("ELOOP", `${path} is a symbolic link`);
    if (found?.isDirectory()) throw notAFile(path, "directory");
    const descriptor = openSync(path, flags, permissions);
    if (isStillAt(path, descriptor)) return descriptor;
    closeSync(descriptor);
  }
}

/** What has been removed since is what the path led to. */
function isStillAt(path: string, descriptor: number): boolean {
  const found = lookAt(path);
  return !found || found.ino === fstatSync(descriptor, { bigint: true }).ino;
}

/** Only who may write to one can sync it. */
export function openDirectory(path: string, use: "look" | "sync"): number {
  if (!lstatSync(path).isDirectory()) throw systemError("ENOTDIR", `${path} is no directory`);
  return openSync(path, use === "sync" ? constants.O_RDWR : constants.O_RDONLY);
}
