import { closeSync, constants, lstatSync, readFileSync, readlinkSync, readSync } from "node:fs";
import type { LockState } from "../file-system.js";
import { LOCK_TEXT_BYTES_MAX, parseLockText } from "../lock-text.js";
import { errnoOf } from "../safeatomic-error.js";
import { openRegularFile } from "./open-descriptor.js";

/** See the port: `FileSystem.lockState`. Linux tells who holds what, and Windows lets nobody read what is held; nothing else tells without a lock being tried. */
export function lockState(path: string): LockState {
  try {
    const { dev, ino } = lstatSync(path, { bigint: true });
    const owner = readOwner(path);
    if (process.platform === "win32") return { state: stateOnWindows(owner), owner: owner ?? "" };
    const state = process.platform === "linux" ? stateOnLinux(dev, ino) : "unknown";
    return { state, owner: owner ?? "" };
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return { state: "free", owner: "" };
    throw error;
  }
}

/** A lock of LockFileEx keeps bytes from being read; where there are none, it keeps from nothing. */
function stateOnWindows(owner: string | undefined): LockState["state"] {
  if (owner === undefined) return "held";
  return owner === "" ? "unknown" : "free";
}

function stateOnLinux(device: bigint, inode: bigint): LockState["state"] {
  try {
    const table = readFileSync("/proc/locks", "utf8");
    return stateFromTable(table, readlinkSync("/proc/self/ns/pid"), device, inode);
  } catch (error) {
    // A /proc that is missing or closed to us, as in some sandboxes.
    if (errnoOf(error) === undefined) throw error;
    return "unknown";
  }
}

/** The inode of the first process namespace (PROC_PID_INIT_INO); inside a container, locks of others are not shown. */
const INITIAL_PID_NAMESPACE = "pid:[4026531836]";

/**
 * Looks a file up in the text of /proc/locks, whose lines are
 * `1: FLOCK  ADVISORY  WRITE 5467 fe:00:9977974 0 EOF`: the device in hexadecimal, then the inode.
 *
 * The same inode on another device is `unknown`: Btrfs and overlayfs show another device number there than stat does.
 *
 * @param pidNamespace The text of /proc/self/ns/pid.
 */
export function stateFromTable(
  table: string,
  pidNamespace: string,
  device: bigint,
  inode: bigint,
): LockState["state"] {
  const sameInode = locksIn(table).filter((lock) => lock.inode === String(inode));
  if (sameInode.some((lock) => lock.device === deviceNumber(device))) return "held";
  return sameInode.length === 0 && pidNamespace === INITIAL_PID_NAMESPACE ? "free" : "unknown";
}

function locksIn(table: string): { pid: string; device: string; inode: string }[] {
  const lines = table.matchAll(/^\d+: FLOCK +\S+ +\S+ +(\S+) +([0-9a-f]+:[0-9a-f]+):(\d+) /gm);
  return [...lines].map(([, pid = "", device = "", inode = ""]) => ({ pid, device, inode }));
}

/** The processes, as this namespace numbers them, that /proc/locks says have locked a file. */
export function lockPids(table: string, device: bigint, inode: bigint): string[] {
  const ofFile = locksIn(table).filter(
    (lock) => lock.inode === String(inode) && lock.device === deviceNumber(device),
  );
  return ofFile.map(({ pid }) => pid);
}

/** Major and minor as /proc/locks prints them, from the packed form of stat (glibc's gnu_dev_major and _minor). */
function deviceNumber(device: bigint): string {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n);
  const minor = (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
  return `${hex(major)}:${hex(minor)}`;
}

function hex(number: bigint): string {
  return number.toString(16).padStart(2, "0");
}

/** The first line of a lock file, read without regard to the lock; `undefined` where a lock keeps it from being read. */
export function readOwner(path: string): string | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openRegularFile(path, constants.O_RDONLY);
    return readLockText(descriptor).owner;
  } catch (error) {
    if (errnoOf(error) !== "EBUSY") throw error;
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

export function readLockText(descriptor: number) {
  const bytes = new Uint8Array(LOCK_TEXT_BYTES_MAX);
  return parseLockText(bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, 0)));
}
