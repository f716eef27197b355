import { isWithoutLeak, OracleViolation } from "@datawal/oracle";
import { BrokenDemand } from "../kill/traced-child/broken-demand.js";
import type { Testimony } from "../kill/traced-child/testimony.js";
import type { Ending } from "../kill/traced-child/traced-child.js";
import type { FailingCall } from "./failing-call.js";

/**
 * How a program may end when a system call has failed under it: by itself, with errors that have a code of ours, or
 * with none, nothing of it open, held or half made.
 *
 * @throws OracleViolation, BrokenDemand
 */
export function judgeEnding(
  ending: Ending,
  testimony: Testimony,
  failingCall: Pick<FailingCall, "call" | "errno">,
  temporaries: { before: readonly string[]; after: readonly string[] },
): void {
  const { failures, left, isEnded } = testimony;
  if (!isEnded || !left || ending.status !== 0)
    throw new BrokenDemand(
      "no crash",
      `the child ended with ${ending.signal ?? ending.status}: ${ending.errorText}`,
    );
  for (const { code, message } of failures)
    if (!code.startsWith("ERR_DATAWAL_")) throw new BrokenDemand("typed errors only", `${code}: ${message}`);
  if (testimony.isWrittenThoughPoisoned)
    throw new OracleViolation("3 nothing fabricated", "a poisoned handle took a write");
  const isTold = failures.length > 0 || testimony.warnings.some((kind) => TELLING_WARNINGS.has(kind));
  if (mustBeTold(failingCall) && !isTold)
    throw new BrokenDemand(
      "a failure is told",
      `${failingCall.call} failed with ${failingCall.errno}, nobody was told`,
    );
  const names = isRemoval(failingCall) ? [] : temporaries.after;
  isWithoutLeak({ ...left, names }, { openFileCount: 0, heldLockCount: 0, names: temporaries.before });
}

/**
 * Calls that are made because their success is needed. Not among them: the positional writes and the truncation of
 * the lock file's text, which is for people, and whatever is interrupted, since that is made again.
 */
const NEEDED_CALLS: ReadonlySet<string> = new Set([
  ...["write", "writev", "fsync", "fdatasync", "rename", "renameat", "renameat2", "link", "linkat"],
]);

/** Of failures that open could do without: of its own sync, or of keeping a torn tail where there is no space. */
const TELLING_WARNINGS: ReadonlySet<string> = new Set(["open-sync-failed", "cut-without-quarantine"]);

function mustBeTold({ call, errno }: Pick<FailingCall, "call" | "errno">): boolean {
  // No sync says EACCES: it is taken for that of opening a parent directory that is closed to this user.
  if (call === "fsync" && errno === "EACCES") return false;
  return NEEDED_CALLS.has(call) && errno !== "EINTR";
}

/** What cannot be removed stays; the next writer removes it. */
function isRemoval({ call }: Pick<FailingCall, "call">): boolean {
  return call === "unlink" || call === "unlinkat";
}
