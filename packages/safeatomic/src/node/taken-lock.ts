import { constants } from "node:fs";

/** A descriptor whose open file description holds the exclusive lock, flock(2)'s or on Windows its own: closing it frees the lock. */
export interface TakenLock {
  descriptor: number;
  means: "fs-ext" | "O_EXLOCK" | "share-mode" | "flock";
}

/** The file whose lock somebody else holds, or another handle of this process. */
export interface LockedFile {
  inode: string;
}

/** Opens the file, created if need be and not truncated, since its text belongs to the holder. */
export const LOCK_FILE_FLAGS = constants.O_RDWR | constants.O_CREAT;
