import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmdirSync,
  statfsSync,
  unlinkSync,
} from "node:fs";
import type { DirectoryEntry, FileStat, FileSystem, OpenFile } from "../file-system.js";
import { errnoOf } from "../safeatomic-error.js";
import { lock } from "./held-lock.js";
import { lockState } from "./lock-state.js";
import { NodeOpenFile } from "./node-open-file.js";
import { fileStat, kindOf, openRegularFile } from "./open-descriptor.js";

const { O_RDONLY, O_RDWR, O_APPEND, O_CREAT, O_EXCL, O_DIRECTORY = 0, O_NOFOLLOW = 0 } = constants;

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
  makeDirectory,
  rename: renameSync,
  link: linkSync,
  removeFile: unlinkSync,
  removeDirectory: (path: string) => rmdirSync(path),
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
  return new NodeOpenFile(descriptor);
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

/** Nobody has a file in it yet; what it has of setgid and the like comes from its parent. */
function makeDirectory(path: string, permissions?: number): void {
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
  closeSync(openDirectory(directory));
  return readdirSync(directory, { withFileTypes: true }).map((entry) => ({
    name: entry.name,
    kind: kindOf(entry),
  }));
}

async function fsyncDirectory(path: string): Promise<void> {
  const descriptor = openDirectory(path);
  try {
    await new Promise<void>((resolve, reject) => {
      fsync(descriptor, (error) => (error ? reject(error) : resolve()));
    });
  } finally {
    closeSync(descriptor);
  }
}

function fsyncDirectorySync(path: string): void {
  const descriptor = openDirectory(path);
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
  const descriptor = openDirectory(path);
  try {
    // Some versions of Node refuse every fsync under the permission model, and only when it is called.
    if (process.permission) fsyncSync(descriptor);
  } catch (error) {
    if ((error as { code?: unknown }).code === "ERR_ACCESS_DENIED") throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** Fails with ENOTDIR on a link, which `readdir` would follow. */
function openDirectory(path: string): number {
  return openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}
