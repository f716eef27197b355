import { lstatSync } from "node:fs";
import { errnoOf } from "../../safeatomic-error.js";
import { inodeOf, ownLocks } from "../lock-holder.js";
import { openRegularFile } from "../open-descriptor.js";
import { LOCK_FILE_FLAGS, type LockedFile, type TakenLock } from "../taken-lock.js";
import { lookAt } from "./look-at.js";
import { whileHeld } from "./while-held.js";

/** libuv on Windows: share mode 0 (UV_FS_O_EXLOCK in its include/uv/win.h). Node does not name it. */
const UV_FS_O_EXLOCK = 0x10000000;
const FLAGS = LOCK_FILE_FLAGS | UV_FS_O_EXLOCK;

/** A reader has the file open for an instant, which refused the lock to 98 of 300; with these waits to none. */
const WAITS_MS = [10, 10, 10, 10];

/**
 * Opens the file and shares it with nobody, as long as the descriptor is open. Whoever has it open keeps the lock from
 * being taken, the reference too, which then asks for its own by LockFileEx; and this lock keeps it from being opened.
 */
export function lockByShareMode(path: string): TakenLock | LockedFile {
  const found = lookAt(path);
  const isOwn = found !== undefined && ownLocks.has(inodeOf(found));
  try {
    const descriptor = whileHeld(() => openRegularFile(path, FLAGS), isOwn ? [] : WAITS_MS);
    return { descriptor, means: "share-mode" };
  } catch (error) {
    if (errnoOf(error) !== "EBUSY") throw error;
    return { inode: inodeOf(lstatSync(path, { bigint: true })) };
  }
}
