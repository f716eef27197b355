import { errnoOf, SafeatomicError } from "../safeatomic-error.js";
import type { TakenLock } from "./taken-lock.js";

/** Whether flock(2) says that somebody else holds the lock. */
export function isContention(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === "EAGAIN" || errno === "EWOULDBLOCK";
}

export function lockFailed(
  path: string,
  means: TakenLock["means"],
  found: string,
  cause: unknown,
): SafeatomicError {
  const message = `${path}: expected to take the lock by ${means}, or to be told that somebody holds it; found ${found}; see that this file system supports flock(2)`;
  return new SafeatomicError("ERR_DATAWAL_LOCK_FAILED", message, { path, means }, cause);
}
