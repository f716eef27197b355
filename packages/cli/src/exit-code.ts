import type { LogVerification } from "@datawal/record-log";

/** What the command ends with; docs and scripts rely on these numbers. */
export const ExitCode = {
  fine: 0,
  /** A wrong argument, a missing or unreadable store, a target that exists. */
  cannotProceed: 1,
  /** A torn tail with nothing valid behind it, or a key that is not there. */
  recoverable: 2,
  /** A damaged sealed segment, bytes that no crash leaves, or valid frames behind a damaged tail, synced data missing. */
  corruption: 3,
  /** Ctrl-C: what a shell says of a process that SIGINT ended. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export function exitCodeOf(verdict: LogVerification["verdict"]): ExitCode {
  return VERDICT_CODES[verdict];
}

const VERDICT_CODES = {
  intact: ExitCode.fine,
  torn: ExitCode.recoverable,
  damaged: ExitCode.corruption,
} as const;
