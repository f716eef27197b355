import { lstatSync } from "node:fs";
import { errnoOf } from "../safeatomic-error.js";
import { isContention, lockFailed } from "./lock-failure.js";
import { inodeOf } from "./lock-holder.js";
import { LOCK_FILE_FLAGS, type LockedFile, type TakenLock } from "./taken-lock.js";

/** open(2) on macOS and the BSDs: "atomically obtain an exclusive lock". Node does not name it. */
const O_EXLOCK = 0x20;

/** What they say of a volume that has no such locks, as those of a network may not. */
const NO_LOCKS: ReadonlySet<string | undefined> = new Set(["ENOTSUP", "EOPNOTSUPP"]);

/** @param open As openRegularFile, which opens without waiting (O_NONBLOCK): then a held lock is EAGAIN. */
export function lockByOpenFlag(
  path: string,
  open: (path: string, flags: number) => number,
): TakenLock | LockedFile {
  try {
    return { descriptor: open(path, LOCK_FILE_FLAGS | O_EXLOCK), means: "O_EXLOCK" };
  } catch (error) {
    if (isContention(error)) return { inode: inodeOf(lstatSync(path, { bigint: true })) };
    if (NO_LOCKS.has(errnoOf(error))) throw lockFailed(path, "O_EXLOCK", String(error), error);
    throw error;
  }
}
