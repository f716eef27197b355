/**
 * The port: all that datawal asks of a disk.
 *
 * It can append and never overwrite, so a protocol built on it cannot damage what is durable. Types are structural:
 * any object of this shape will do. New members will be optional, and their absence has a stated meaning.
 *
 * Contract, kept by the conformance suite in `@datawal/safeatomic/testing`: paths are absolute; the last component
 * of a path is never followed when it is a link (`ELOOP`, or `ENOTDIR` where a directory was asked for); failures are
 * `Error`s with Node's `code` (`ENOENT`, `EEXIST`, `ENOSPC`, ...); nothing is retried but `EINTR`.
 */
export interface FileSystem {
  /**
   * Opens a regular file; anything else is `ERR_DATAWAL_NOT_A_FILE`, told without waiting for a pipe's other end.
   * `read` reads; `append` reads an existing file and writes at its end; `create` makes the file, failing with `EEXIST`
   * where the name exists in any form, and then is as `append`.
   *
   * @param permissions The exact mode bits of a created file; 0o666 less the umask when absent.
   */
  open(path: string, mode: "read" | "append" | "create", permissions?: number): OpenFile;
  /** What stands at the path itself, a link not followed; `undefined` where nothing does. */
  stat(path: string): FileStat | undefined;
  /** The entries of a directory, in any order. */
  list(directory: string): DirectoryEntry[];
  /** The path with every link resolved; `ENOENT` where it leads nowhere. */
  realPath(path: string): string;
  /** What a link says, which may be relative to its directory. Without it nobody can tell where a link leads to nothing. */
  readLink?(path: string): string;
  /**
   * Makes one level; `EEXIST` where the name exists.
   *
   * @param permissions The exact permission bits, setgid as the parent gives it; 0o777 less the umask when absent.
   */
  makeDirectory(path: string, permissions?: number): void;
  /**
   * Atomic; replaces a file, or an empty directory by a directory. `EPERM` where the platform lets no open file be
   * replaced, nor a directory be renamed that has one below it: Windows.
   */
  rename(from: string, to: string): void;
  /** A second name for a file; `EEXIST` where the name exists, so that of two racers one wins. */
  link(existing: string, created: string): void;
  removeFile(path: string): void;
  /** Only an empty one: `ENOTEMPTY` otherwise. */
  removeDirectory(path: string): void;
  /** Makes the directory's entries durable. Where a directory cannot be synced: `EINVAL`, `ENOTSUP` or `EPERM`. */
  fsyncDirectory(path: string): Promise<void>;
  fsyncDirectorySync(path: string): void;
  /** Fails as `fsyncDirectory` would, but syncs nothing. Without it, that is found out when it is synced. */
  requireDirectory?(path: string): void;
  /**
   * Bytes that may still be written in the directory's file system; `Infinity` where that cannot be told. Without it, a
   * full disk is found out when it is written to.
   */
  freeBytes?(directory: string): number;
  /**
   * Takes an exclusive lock on the file, created if need be, without ever waiting. A kernel lock: it is gone when
   * its holder dies. Held, the file's first line is `owner` and its second the note it had before; a file that has
   * another name, a hard link, is left as it is.
   *
   * @param owner One line without its end, for people to read.
   * @param mayWait The caller takes a promise, too: so a program that has to be asked need not hold this thread up.
   * @throws ERR_DATAWAL_LOCK_FAILED where it cannot be told whether somebody holds the lock, ERR_DATAWAL_NO_LOCK_MEANS
   *   where this machine has no means to take it, ERR_DATAWAL_NOT_A_FILE, ERR_DATAWAL_NOT_ONE_LINE
   */
  lock(path: string, owner: string): HeldLock | RefusedLock;
  lock(path: string, owner: string, mayWait: true): HeldLock | RefusedLock | Promise<HeldLock | RefusedLock>;
  /** Whether somebody holds the lock, told without taking it, not for an instant. */
  lockState(path: string): LockState;
  /** Letters and digits that no other call has returned: random, or a counter in a simulation. */
  uniqueSuffix(): string;
}

/** An open regular file. */
export interface OpenFile {
  /** Reads up to `byteCount` bytes at `fileOffset`; may return fewer, and 0 only at the end of the file. */
  readAt(target: Uint8Array, targetOffset: number, byteCount: number, fileOffset: number): number;
  /** One write at the end of the file; may write fewer bytes than asked, and returns how many. */
  append(source: Uint8Array, sourceOffset: number, byteCount: number): number;
  /** One gathered write at the end of the file, of at most 1,024 parts; may be short, as `append`. */
  appendParts(parts: readonly Uint8Array[]): number;
  /** Cuts the file to `size` bytes; `EINVAL` where it has fewer. */
  truncate(size: number): void;
  /**
   * Gives the file the owner and the group of another, each where this process may. Without it, files are their maker's.
   *
   * @returns The other's mode bits; setuid and setgid only where their owner and their group were given.
   */
  copyOwner?(from: string): number;
  /** Sets the exact mode bits. Without it, they are those of the creation, less what a write took away. */
  chmod?(mode: number): void;
  /** Makes the file's bytes and size durable, off the main thread. Never mixed with `fsyncSync` on one OpenFile. */
  fsync(): Promise<void>;
  fsyncSync(): void;
  stat(): FileStat;
  /**
   * Idempotent; any other call on a closed file fails with `EBADF`. Never called while a `fsync()` of this OpenFile is
   * unfinished, since its number could be another file's by then: `EBUSY`, and the file stays open.
   */
  close(): void;
}

export interface FileStat {
  kind: EntryKind;
  /** In bytes. */
  size: number;
  /** Permission bits. */
  mode: number;
  /**
   * `device:inode:birth time`, or `device:inode` where the birth time cannot be told: compare with `isSameFile`. The
   * inode alone is no identity: a file system gives it to the next file as soon as it is free. Two names of one file
   * show the same, and whatever is done to the file leaves it as it is.
   */
  identity: string;
  /**
   * Another text than before once the file's bytes, size or mode have been changed, by whomever, and the same as long as
   * they are not, however long ago that was, and also where the directory above is renamed. Unknown where absent.
   */
  changeTime?: string;
  /** The user id of its owner; unknown where absent, and then its links are followed wherever they lie. */
  owner?: number;
  /** How many names the file has, as hard links; unknown and taken for 1 where absent. */
  links?: number;
}

export interface DirectoryEntry {
  name: string;
  kind: EntryKind;
}

export type EntryKind = "file" | "directory" | "link" | "other";

/** An exclusive lock, until `release` or the end of the process. */
export interface HeldLock {
  state: "held";
  /** By which means the lock is held, for a report: `fs-ext`, `O_EXLOCK`, `flock`, ... */
  means: string;
  /** The second line that the file had when the lock was taken; empty where there was none. */
  note: string;
  /** Of the locked file, as in {@link FileStat}: a path that shows another one has been replaced. */
  identity: string;
  /** Whether the file had another name, a hard link, when it was locked: then nothing is written to it. False where absent. */
  isLinked?: boolean;
  /**
   * Whether nobody can read, rename or remove the file as long as it is locked, nor rename a directory above it, this
   * process neither: on Windows. False where absent.
   */
  pinsFile?: boolean;
  /**
   * Rewrites the second line by one write that is not synced: it outlives a killed process, not a power cut. What a
   * longer line left behind stays there as further lines, so pass lines of one width. Does nothing where `isLinked`.
   */
  writeNote(line: string): void;
  /** Tells those whom this process refuses the lock that it is going to be released. Without it, they are not told. */
  announceRelease?(released: Promise<unknown>): void;
  /** Idempotent. */
  release(): void;
}

export interface RefusedLock {
  state: "refused";
  /** The first line of the file, empty where it cannot be read: whoever held the lock last and could write it, the holder perhaps. */
  owner: string;
  /** Who holds it, where that is known: this process, or the one that `owner` names. */
  holder?: "this process" | "owner" | undefined;
  /** Settles when this process has released it, where that has been announced. */
  releasing?: Promise<unknown> | undefined;
}

export interface LockState {
  state: "held" | "free" | "unknown";
  owner: string;
}
