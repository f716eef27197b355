import { closeSync, fstatSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { errnoOf, SafeatomicError } from "../safeatomic-error.js";
import { type Asking, describeRun, lockByProgram } from "./flock-program.js";
import { isContention, lockFailed } from "./lock-failure.js";
import { inodeOf } from "./lock-holder.js";
import { openRegularFile } from "./open-descriptor.js";
import { lockByOpenFlag } from "./open-flag-lock.js";
import { loadOptionalPackage } from "./optional-package.js";
import { LOCK_FILE_FLAGS, type LockedFile, type TakenLock } from "./taken-lock.js";
import { lockByShareMode } from "./windows/share-mode-lock.js";

const HAVE_O_EXLOCK: ReadonlySet<string> = new Set(["darwin", "freebsd", "netbsd", "openbsd"]);

/**
 * Takes flock(2)'s exclusive lock on a file without waiting, by the first means that this machine has. Node itself
 * has none, and fcntl locks do not exclude the holders of an flock.
 *
 * @throws {SafeatomicError} ERR_DATAWAL_LOCK_FAILED: neither held nor taken, and why.
 * @throws {SafeatomicError} ERR_DATAWAL_NO_LOCK_MEANS, ERR_DATAWAL_NOT_A_FILE
 */
export function* takeLock(path: string): Asking<TakenLock | LockedFile> {
  if (process.platform === "win32") return lockByShareMode(path);
  const fsExt = findFsExt();
  if (!fsExt.package && HAVE_O_EXLOCK.has(process.platform)) return lockByOpenFlag(path, openRegularFile);
  const means = fsExt.package ? "fs-ext" : "flock";
  const descriptor = openRegularFile(path, LOCK_FILE_FLAGS);
  let isOurs = false;
  try {
    if (fsExt.package) isOurs = byFsExt(fsExt.package, descriptor, path);
    else isOurs = yield* byProgram(descriptor, path, fsExt);
    return isOurs ? { descriptor, means } : { inode: inodeOf(fstatSync(descriptor, { bigint: true })) };
  } finally {
    if (!isOurs) closeSync(descriptor);
  }
}

interface FsExt {
  flockSync(descriptor: number, operation: "exnb"): void;
}

/** The package, or why it cannot be used and what to do instead. */
interface FoundFsExt {
  package?: FsExt;
  whyNot: string;
  advice: string;
  cause?: unknown;
}

let found: FoundFsExt | undefined;

function findFsExt(): FoundFsExt {
  found ??= isMainThread ? loadFsExt() : IN_A_WORKER;
  return found;
}

// Loaded on the main thread and then in a worker, it kills the process (seen with 2.1.1 on Node 20 and 26).
const IN_A_WORKER: FoundFsExt = {
  whyNot: "the package fs-ext serves the main thread only",
  advice: "open it on the main thread with fs-ext installed, or install util-linux",
};

function loadFsExt(): FoundFsExt {
  const fsExt = loadOptionalPackage<FsExt>("fs-ext", "flockSync", here());
  if (fsExt.state === "loaded") return { package: fsExt.exports, whyNot: "", advice: "" };
  const install = 'install fs-ext ("npm install fs-ext", its install script allowed) or util-linux';
  if (fsExt.state === "missing") return { whyNot: "the package fs-ext is not installed", advice: install };
  const { cause } = fsExt;
  const advice = 'build fs-ext ("npm rebuild fs-ext") or install util-linux';
  return { whyNot: `the package fs-ext cannot be loaded: ${cause}`, advice, cause };
}

/** Not asked by `typeof`: webpack answers that when it bundles, and wrongly for ES modules. */
function here(): string | undefined {
  try {
    return __filename;
  } catch {
    return import.meta.url;
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

function* byProgram(descriptor: number, path: string, fsExt: FoundFsExt): Asking<boolean> {
  const { isLocked, run } = yield* lockByProgram(descriptor);
  if (isLocked !== undefined) return isLocked;
  if (errnoOf(run.error) === "ENOENT") throw noLockMeans(path, fsExt);
  throw lockFailed(path, "flock", describeRun(run), run.error);
}

function noLockMeans(path: string, { whyNot, advice, cause }: FoundFsExt): SafeatomicError {
  const message = `${path}: expected a means to take an flock(2) lock, found none: Node has no such call, ${whyNot}, and there is no program "flock" on PATH; ${advice}`;
  return new SafeatomicError("ERR_DATAWAL_NO_LOCK_MEANS", message, { path }, cause);
}
