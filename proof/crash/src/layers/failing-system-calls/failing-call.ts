import type { Survey } from "../kill/traced-child/survey.js";

/** One system call that fails, once, without having done anything. */
export interface FailingCall {
  survey: Survey;
  call: string;
  /** Which of them, from 1. */
  index: number;
  errno: string;
}

export const ERRNOS = ["EIO", "ENOSPC", "EDQUOT", "EROFS", "EMFILE", "EACCES", "EINTR", "EAGAIN"] as const;

/** Calls that change something or make it durable: what a store must not lose hangs on these. */
export const CHANGING_CALLS = [
  ...["write", "writev", "pwrite64", "pwritev", "fsync", "fdatasync", "ftruncate", "fchmod"],
  ...["rename", "renameat", "renameat2", "unlink", "unlinkat", "mkdir", "mkdirat", "link", "linkat"],
];

/** Calls by which a store is found, looked at and locked. `close` is left out: failing it would leave the file open. */
export const READING_CALLS = [
  ...["openat", "read", "readv", "pread64", "preadv", "getdents64", "readlink", "readlinkat", "flock"],
  ...["stat", "lstat", "fstat", "newfstatat", "statx"],
];

export function failingCallName({ survey: { workload, form }, call, index, errno }: FailingCall): string {
  return [workload.name, form, call, index, errno].join("/");
}

/** Every index of one system call in one workload, with every error. */
export function failuresOf(survey: Survey, call: string): FailingCall[] {
  const indexes = Array.from({ length: survey.counts.get(call) ?? 0 }, (_, index) => index + 1);
  return indexes.flatMap((index) => ERRNOS.map((errno) => ({ survey, call, index, errno })));
}
