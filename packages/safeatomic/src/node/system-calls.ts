import type { BigIntStats } from "node:fs";

/** What systems do differently below the port, a member a difference; locks apart, which lock-chain.ts chooses. */
export interface SystemCalls {
  /** As openSync, but no link at the path is followed and no pipe waited for. */
  openFile(path: string, flags: number, permissions: number): number;
  /** Fails with ENOTDIR on what is none, a link too. @param use Syncing may need the right to write. */
  openDirectory(path: string, use: "look" | "sync"): number;
  /** A descriptor of the same file by which it can be cut and synced; another one than was given is the caller's to close. */
  writable(descriptor: number, path: string): number;
  rename(from: string, to: string): void;
  removeFile(path: string): void;
  removeDirectory(path: string): void;
  makeDirectory(path: string, permissions: number | undefined): void;
  /** What stands before the inode in a file's identity. */
  deviceOf(stats: Pick<BigIntStats, "dev">): bigint;
  /** Whether a file keeps its birth time whatever is done to it, where the file system has one. */
  keepsBirthTimes: boolean;
}
