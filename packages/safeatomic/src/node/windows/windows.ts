import { mkdirSync, rmdirSync, unlinkSync } from "node:fs";
import { systemError } from "../../system-error.js";
import type { SystemCalls } from "../system-calls.js";
import { lookAt } from "./look-at.js";
import { openDirectory, openUnfollowed } from "./open-unfollowed.js";
import { renameReplacing } from "./rename-replacing.js";
import { requireUsableName } from "./reserved-names.js";
import { whileHeld } from "./while-held.js";
import { writableTwin } from "./writable-twin.js";

export const windows: SystemCalls = {
  openFile: openUnfollowed,
  openDirectory,
  writable: writableTwin,
  rename: renameReplacing,
  removeFile(path) {
    if (lookAt(path)?.isDirectory()) throw systemError("EISDIR", `removeFile: ${path} is a directory`);
    whileHeld(() => unlinkSync(path));
  },
  removeDirectory(path) {
    // It would take a link to a directory for one.
    if (lookAt(path)?.isDirectory() === false) throw systemError("ENOTDIR", `${path} is no directory`);
    whileHeld(() => rmdirSync(path));
  },
  makeDirectory(path) {
    requireUsableName(path);
    mkdirSync(path);
  },
  // lstat and fstat do not agree on it (Node 22.12 to 22.16, 24.0, 24.1). Inodes have 64 bits, and count their reuse.
  deviceOf: () => 0n,
  // NTFS gives a file the birth time of the one that had its name in the last 15 s ("tunneling").
  keepsBirthTimes: false,
};
