import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsync,
  fsyncSync,
  linkSync,
  lstatSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  statfsSync,
  unlinkSync,
} from "node:fs";
import type { DirectoryEntry, FileStat, FileSystem, OpenFile } from "../file-system.js";
import { errnoOf } from "../safeatomic-error.js";
import { lock } from "./held-lock.js";
import { lockState } from "./lock-state.js";
import { NodeOpenFile } from "./node-open-file.js";
import { fileStat, kindOf, openRegularFile } from "./open-descriptor.js";
import { platform } from "./platform.js";

const { O_RDONLY, O_RDWR, O_APPEND, O_CREAT, O_EXCL } = constants;

const OPEN_FLAGS = {
  read: O_RDONLY,
  append: O_RDWR | O_APPEND,
  create: O_RDWR | O_APPEND | O_CREAT | O_EXCL,
} as const;

/** The port on the real disk. */
export const nodeFileSystem: FileSystem = Object.freeze({
  open,
  stat,
  list,
  realPath: (path: string) => realpathSync.native(path),
  readLink: (path: string) => readlinkSync(path),
  makeDirectory: (path: string, permissions?: number) => platform.makeDirectory(path, permissions),
  rename: platform.rename,
  link: linkSync,
  removeFile: platform.removeFile,
  removeDirectory: platform.removeDirectory,
  fsyncDirectory,
  fsyncDirectorySync,
  requireDirectory,
  freeBytes,
  lock,
  lockState,
  // Loaded when it is needed: it costs a command a millisecond of its start.
  uniqueSuffix: () => process.getBuiltinModule("node:crypto").randomBytes(8).toString("hex"),
});

function open(path: string, mode: keyof typeof OPEN_FLAGS, permissions?: number): OpenFile {
  const descriptor = openRegularFile(path, OPEN_FLAGS[mode], permissions);
  if (mode === "create" && permissions !== undefined) setPermissions(path, descriptor, permissions);
  return new NodeOpenFile(descriptor, path, mode);
}

/** Undoes what the umask took away. A file system without mode bits shows what it has, and is left alone. */
function setPermissions(path: string, descriptor: number, permissions: number): void {
  try {
    if ((fstatSync(descriptor).mode & 0o7777) !== permissions) fchmodSync(descriptor, permissions);
  } catch (error) {
    closeSync(descriptor);
    unlinkSync(path);
    throw error;
  }
}

/** Also what a name says that is longer than any that could stand there. */
const NOTHING_THERE: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "ENAMETOOLONG"]);

function stat(path: string): FileStat | undefined {
  try {
    return fileStat(lstatSync(path, { bigint: true }), path);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno !== undefined && NOTHING_THERE.has(errno)) return undefined;
    throw error;
  }
}

function list(directory: string): DirectoryEntry[] {
  closeSync(platform.openDirectory(directory, "look"));
  return readdirSync(directory, { withFileTypes: true }).map((entry) => ({
    name: entry.name,
    kind: kindOf(entry),
  }));
}

async function fsyncDirectory(path: string): Promise<void> {
  const descriptor = platform.openDirectory(path, "sync");
  try {
    await new Promise<void>((resolve, reject) => {
      fsync(descriptor, (error) => (error ? reject(error) : resolve()));
    });
  } finally {
    closeSync(descriptor);
  }
}

function fsyncDirectorySync(path: string): void {
  const descriptor = platform.openDirectory(path, "sync");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function freeBytes(directory: string): number {
  try {
    const { blocks, bavail, bsize } = statfsSync(directory);
    // A file system in user space that has no answer says that it has no blocks.
    return blocks === 0 ? Infinity : bavail * bsize;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") throw error;
    return Infinity;
  }
}

function requireDirectory(path: string): void {
  const descriptor = platform.openDirectory(path, "look");
  try {
    // Some versions of Node refuse every fsync under the permission model, and only when it is called.
    if (process.permission) fsyncSync(descriptor);
  } catch (error) {
    if ((error as { code?: unknown }).code === "ERR_ACCESS_DENIED") throw error;
  } finally {
    closeSync(descriptor);
  }
}
