import { lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import type { RefusedLock } from "../file-system.js";
import { errnoOf } from "../safeatomic-error.js";
import { lockPids } from "./lock-state.js";
import { platform } from "./platform.js";

/** A lock that this process holds. */
export interface OwnLock {
  /** Settles when it has been released, where that is under way. */
  releasing: Promise<unknown> | undefined;
}

/** Names a file whose lock is held: as long as that is open, no other file gets its inode. */
export function inodeOf(stats: { dev: bigint; ino: bigint }): string {
  return `${platform.deviceOf(stats)}:${stats.ino}`;
}

const REGISTRY = Symbol.for("@datawal/safeatomic: locks that this process holds, by device and inode");

/** Shared by all copies of this package in one realm of one thread. */
export const ownLocks = sharedRegistry();

function sharedRegistry(): Map<string, OwnLock> {
  const shared = globalThis as { [REGISTRY]?: Map<string, OwnLock> };
  shared[REGISTRY] ??= new Map();
  return shared[REGISTRY];
}

/**
 * Who holds a lock that was refused, where that can be known. The process id in the file proves nothing: in another
 * container, or after a restart, another process has the same.
 */
export function holderOf(path: string, inode: string, owner: string): RefusedLock["holder"] {
  if (ownLocks.has(inode)) return "this process";
  if (process.platform !== "linux") return undefined;
  // Of another thread, or of another realm.
  if (hasLocked("self", inode)) return "this process";
  if (!/^[1-9]\d*$/.test(owner)) return undefined;
  return hasLocked(owner, inode) || isInTable(path, owner) ? "owner" : undefined;
}

/** For a process of another user, whose descriptors are not ours to see. */
function isInTable(path: string, pid: string): boolean {
  const table = orNothing(() => readFileSync("/proc/locks", "utf8")) ?? "";
  const stats = orNothing(() => lstatSync(path, { bigint: true }));
  return stats !== undefined && lockPids(table, stats.dev, stats.ino).includes(pid);
}

/**
 * Whether a descriptor of a process belongs to an open file description that holds an flock of the file. /proc/locks
 * shows who called flock(2), which may have been a program that has ended since.
 */
function hasLocked(pid: string, inode: string): boolean {
  const descriptors = orNothing(() => readdirSync(`/proc/${pid}/fdinfo`)) ?? [];
  return descriptors.some((descriptor) => {
    const info = orNothing(() => readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, "utf8"));
    if (!info || !/^lock:.* FLOCK /m.test(info)) return false;
    const stats = orNothing(() => statSync(`/proc/${pid}/fd/${descriptor}`, { bigint: true }));
    return stats !== undefined && inodeOf(stats) === inode;
  });
}

/** What has been closed, has ended, or is not ours to see, tells nothing. */
function orNothing<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}
