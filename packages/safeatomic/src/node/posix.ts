import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  unlinkSync,
} from "node:fs";
import type { SystemCalls } from "./system-calls.js";

// Windows, where this is loaded and not used, has none of them.
const { O_NOFOLLOW = 0, O_NONBLOCK = 0, O_DIRECTORY = 0 } = constants;

/** Linux, macOS and the BSDs. */
export const posix: SystemCalls = {
  openFile: (path, flags, permissions) => openSync(path, flags | O_NOFOLLOW | O_NONBLOCK, permissions),
  openDirectory,
  writable: (descriptor) => descriptor,
  rename: renameSync,
  removeFile: unlinkSync,
  removeDirectory: (path) => rmdirSync(path),
  makeDirectory,
  deviceOf: ({ dev }) => dev,
  keepsBirthTimes: true,
};

/** Fails with ENOTDIR on a link, which `readdir` would follow. */
function openDirectory(path: string): number {
  return openSync(path, constants.O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

/** Nobody has a file in it yet; what it has of setgid and the like comes from its parent. */
function makeDirectory(path: string, permissions: number | undefined): void {
  mkdirSync(path, permissions);
  if (permissions === undefined) return;
  const descriptor = openDirectory(path);
  try {
    const { mode } = fstatSync(descriptor);
    if ((mode & 0o777) !== permissions) fchmodSync(descriptor, permissions | (mode & 0o7000));
  } finally {
    closeSync(descriptor);
  }
}
