import { type BigIntStats, closeSync, constants, fstatSync, lstatSync } from "node:fs";
import { dirname } from "node:path";
import type { EntryKind, FileStat } from "../file-system.js";
import { errnoOf, notAFile } from "../safeatomic-error.js";
import { platform } from "./platform.js";

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
    kind = fileStat(fstatSync(descriptor, { bigint: true }), path).kind;
  } finally {
    if (kind !== "file") closeSync(descriptor);
  }
  if (kind !== "file") throw notAFile(path, kind);
  return descriptor;
}

function openUnhung(path: string, flags: number, permissions: number): number {
  try {
    return platform.openFile(path, flags, permissions);
  } catch (error) {
    if (!NOT_OPENABLE.has(errnoOf(error))) throw error;
    const kind = kindOf(lstatSync(path));
    throw kind === "file" ? error : notAFile(path, kind);
  }
}

/**
 * Stats are taken as bigints: an inode number may exceed 2^53.
 *
 * @param path Absolute: where to look around if it is not known yet whether birth times are told there.
 */
export function fileStat(stats: BigIntStats, path?: string): FileStat {
  return {
    kind: kindOf(stats),
    size: Number(stats.size),
    mode: Number(stats.mode) & 0o7777,
    identity: `${platform.deviceOf(stats)}:${stats.ino}${tellsBirthTimes(stats, path) ? `:${stats.birthtimeNs}` : ""}`,
    changeTime: String(stats.ctimeNs),
    owner: Number(stats.uid),
    links: Number(stats.nlink),
  };
}

/**
 * By device, whether birth times are told there. Where the system tells none, Node shows 0, which is as good as none
 * and stays, or the change time, which every write moves: so one file at which the two differ proves all of its device.
 */
const birthTimesTold = new Map<bigint, boolean>();

function tellsBirthTimes(stats: BigIntStats, path?: string): boolean {
  if (!platform.keepsBirthTimes) return false;
  if (stats.birthtimeNs !== stats.ctimeNs) birthTimesTold.set(stats.dev, true);
  else if (path !== undefined && !birthTimesTold.has(stats.dev)) {
    birthTimesTold.set(stats.dev, false);
    lookAbove(path, stats.dev);
  }
  return birthTimesTold.get(stats.dev) ?? false;
}

/** A file may be as it was made, but a directory above it has changed since then: a name was made in it. */
function lookAbove(path: string, device: bigint): void {
  try {
    for (let above = dirname(path); !birthTimesTold.get(device); above = dirname(above)) {
      tellsBirthTimes(lstatSync(above, { bigint: true }));
      if (above === dirname(above)) return;
    }
  } catch (error) {
    // What this process may not look at proves nothing.
    if (errnoOf(error) === undefined) throw error;
  }
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
