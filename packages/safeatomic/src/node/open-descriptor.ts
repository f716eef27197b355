import { type BigIntStats, closeSync, constants, fstatSync, lstatSync, openSync } from "node:fs";
import type { EntryKind, FileStat } from "../file-system.js";
import { errnoOf, notAFile } from "../safeatomic-error.js";

// Windows has neither flag, nor links and pipes in a path's last place that would call for them.
const { O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/** What `open` says of directories and sockets before it can be asked what it opened. */
const NOT_OPENABLE: ReadonlySet<string | undefined> = new Set(["EISDIR", "ENXIO", "EOPNOTSUPP"]);

/**
 * Opens a regular file, and nothing else: no link is followed, no pipe waited for. Node adds O_CLOEXEC.
 *
 * @throws {SafeatomicError} ERR_DATAWAL_NOT_A_FILE
 */
export function openRegularFile(path: string, flags: number, permissions = 0o666): number {
  const descriptor = openUnhung(path, flags, permissions);
  // What was just made is a file; to ask, and fail, would leave it behind.
  if (flags & constants.O_EXCL) return descriptor;
  let kind: EntryKind | undefined;
  try {
    kind = kindOf(fstatSync(descriptor, { bigint: true }));
  } finally {
    if (kind !== "file") closeSync(descriptor);
  }
  if (kind !== "file") throw notAFile(path, kind);
  return descriptor;
}

function openUnhung(path: string, flags: number, permissions: number): number {
  try {
    return openSync(path, flags | O_NOFOLLOW | O_NONBLOCK, permissions);
  } catch (error) {
    if (!NOT_OPENABLE.has(errnoOf(error))) throw error;
    const kind = kindOf(lstatSync(path));
    throw kind === "file" ? error : notAFile(path, kind);
  }
}

/** Stats are taken as bigints: an inode number may exceed 2^53. */
export function fileStat(stats: BigIntStats): FileStat {
  return {
    kind: kindOf(stats),
    size: Number(stats.size),
    mode: Number(stats.mode) & 0o7777,
    identity: `${stats.dev}:${stats.ino}`,
  };
}

/** Whatever can tell a file from a directory: node's `Stats` and `Dirent` both. */
interface Kinds {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

export function kindOf(found: Kinds): EntryKind {
  if (found.isFile()) return "file";
  if (found.isDirectory()) return "directory";
  return found.isSymbolicLink() ? "link" : "other";
}
