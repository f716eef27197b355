import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { closeSync, constants } from "node:fs";
import { createRequire } from "node:module";
import { isMainThread } from "node:worker_threads";
import { errnoOf, SafeatomicError } from "../safeatomic-error.js";
import { openRegularFile } from "./open-descriptor.js";

/** A descriptor whose open file description holds flock(2)'s exclusive lock: closing it frees the lock. */
export interface TakenLock {
  descriptor: number;
  means: "fs-ext" | "O_EXLOCK" | "flock";
}

/** Opens the file, created if need be and not truncated, since its text belongs to the holder. */
const LOCK_FILE_FLAGS = constants.O_RDWR | constants.O_CREAT;

/** open(2) on macOS and the BSDs: "atomically obtain an exclusive lock". Node does not name it. */
const O_EXLOCK = 0x20;
const HAVE_O_EXLOCK: ReadonlySet<string> = new Set(["darwin", "freebsd", "netbsd", "openbsd"]);

/**
 * Takes flock(2)'s exclusive lock on a file without waiting, by the first means that this machine has. Node itself
 * has none, and fcntl locks do not exclude the holders of an flock.
 *
 * @returns `undefined` where somebody holds it, this process included.
 * @throws {SafeatomicError} ERR_DATAWAL_LOCK_FAILED: neither held nor taken, and why.
 * @throws {SafeatomicError} ERR_DATAWAL_NO_LOCK_MEANS, ERR_DATAWAL_NOT_A_FILE
 */
export function takeLock(path: string): TakenLock | undefined {
  const fsExt = loadFsExt();
  if (fsExt) return lockOpened(path, "fs-ext", (descriptor) => byFsExt(fsExt, descriptor, path));
  if (HAVE_O_EXLOCK.has(process.platform)) return byOpenFlag(path);
  return lockOpened(path, "flock", (descriptor) => byProgram(descriptor, path));
}

function lockOpened(
  path: string,
  means: TakenLock["means"],
  tryLock: (descriptor: number) => boolean,
): TakenLock | undefined {
  const descriptor = openRegularFile(path, LOCK_FILE_FLAGS);
  let isHeld = false;
  try {
    isHeld = tryLock(descriptor);
  } finally {
    if (!isHeld) closeSync(descriptor);
  }
  return isHeld ? { descriptor, means } : undefined;
}

interface FsExt {
  flockSync(descriptor: number, operation: "exnb"): void;
}

function loadFsExt(): FsExt | undefined {
  // Loaded on the main thread and then in a worker, it kills the process (seen with 2.1.1 on Node 20 and 26).
  if (!isMainThread) return undefined;
  try {
    return createRequire(import.meta.url)("fs-ext");
  } catch {
    // Not installed, or its native part never built, or built for another Node: the next means will do.
    return undefined;
  }
}

function byFsExt(fsExt: FsExt, descriptor: number, path: string): boolean {
  try {
    fsExt.flockSync(descriptor, "exnb");
    return true;
  } catch (error) {
    if (isContention(error)) return false;
    throw lockFailed(path, "fs-ext", String(error), error);
  }
}

function byOpenFlag(path: string): TakenLock | undefined {
  try {
    return { descriptor: openRegularFile(path, LOCK_FILE_FLAGS | O_EXLOCK), means: "O_EXLOCK" };
  } catch (error) {
    if (isContention(error)) return undefined;
    throw error;
  }
}

function isContention(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === "EAGAIN" || errno === "EWOULDBLOCK";
}

/**
 * Lets the program `flock` lock our own descriptor, which it inherits as number 3: the lock belongs to the open file
 * description, and stays ours when the program has ended.
 */
function byProgram(descriptor: number, path: string): boolean {
  const run = spawnSync("flock", ["-n", "-x", "3"], {
    stdio: ["ignore", "ignore", "pipe", descriptor],
    encoding: "utf8",
  });
  if (errnoOf(run.error) === "ENOENT") throw noLockMeans(path);
  if (run.status === 0) return true;
  // busybox's flock ends with 1 on any failure, but is silent only when somebody holds the lock.
  if (run.status === 1 && run.stderr === "") return false;
  throw lockFailed(path, "flock", describeRun(run), run.error);
}

function describeRun(run: SpawnSyncReturns<string>): string {
  if (run.error) return run.error.message;
  return `the program ended with ${run.signal ?? run.status}: ${run.stderr.trim()}`;
}

function lockFailed(path: string, means: TakenLock["means"], found: string, cause: unknown): SafeatomicError {
  const message = `${path}: expected to take the lock by ${means}, or to be told that somebody holds it; found ${found}; see that this file system supports flock(2)`;
  return new SafeatomicError("ERR_DATAWAL_LOCK_FAILED", message, { path, means }, cause);
}

function noLockMeans(path: string): SafeatomicError {
  const message = `${path}: expected a means to take an flock(2) lock, found none: Node has no such call, the package fs-ext is not usable here, and there is no program "flock" on PATH; install fs-ext ("npm install fs-ext", its install script allowed) or util-linux`;
  return new SafeatomicError("ERR_DATAWAL_NO_LOCK_MEANS", message, { path });
}
