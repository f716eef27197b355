import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  readSync,
  writeSync,
  writevSync,
} from "node:fs";
import type { FileStat, OpenFile } from "../file-system.js";
import { errnoOf } from "../safeatomic-error.js";
import { systemError } from "../system-error.js";
import { fileStat } from "./open-descriptor.js";
import { platform } from "./platform.js";

/** What chown(2) says to who may not, of ids that a user namespace does not map, and where there are no owners. */
const MAY_NOT_BE_GIVEN: ReadonlySet<string | undefined> = new Set(["EPERM", "EINVAL", "ENOSYS"]);
/** (uid_t)-1 and (gid_t)-1: chown(2) does not change that one. */
const LEFT_ALONE = 0xffff_ffff;

/** A plain numeric descriptor: a FileHandle that is garbage-collected closes what others may still use. */
export class NodeOpenFile implements OpenFile {
  readonly #descriptor: number;
  readonly #path: string;
  readonly #mode: "read" | "append" | "create";
  #isOpen = true;
  #syncsPending = 0;

  constructor(descriptor: number, path: string, mode: "read" | "append" | "create") {
    this.#descriptor = descriptor;
    this.#path = path;
    this.#mode = mode;
  }

  readAt(target: Uint8Array, targetOffset: number, byteCount: number, fileOffset: number): number {
    const descriptor = this.#open();
    for (;;) {
      try {
        return readSync(descriptor, target, targetOffset, byteCount, fileOffset);
      } catch (error) {
        // libuv retries interrupted calls, reads and closes excepted (uv__fs_work in its src/unix/fs.c).
        if (errnoOf(error) !== "EINTR") throw error;
      }
    }
  }

  append(source: Uint8Array, sourceOffset: number, byteCount: number): number {
    return writeSync(this.#open(), source, sourceOffset, byteCount, null);
  }

  appendParts(parts: readonly Uint8Array[]): number {
    return writevSync(this.#open(), parts);
  }

  truncate(size: number): void {
    const descriptor = this.#open();
    const present = Number(fstatSync(descriptor, { bigint: true }).size);
    if (size > present)
      throw systemError(
        "EINVAL",
        `truncate: expected at most ${present} bytes, the file's size, got ${size}`,
      );
    if (this.#mode === "read")
      throw systemError("EINVAL", "truncate: expected a file that is open for writing");
    const writable = platform.writable(descriptor, this.#path);
    try {
      ftruncateSync(writable, size);
    } finally {
      this.#leave(writable);
    }
  }

  copyOwner(from: string): number {
    const { uid, gid, mode } = lstatSync(from);
    const hasOwner = this.#give(uid, LEFT_ALONE);
    const hasGroup = this.#give(LEFT_ALONE, gid);
    return mode & (hasOwner ? 0o7777 : 0o3777) & (hasGroup ? 0o7777 : 0o5777);
  }

  chmod(mode: number): void {
    fchmodSync(this.#open(), mode);
  }

  /** @returns Whether the file has that owner, or that group. */
  #give(uid: number, gid: number): boolean {
    const found = fstatSync(this.#open());
    if ([found.uid, LEFT_ALONE].includes(uid) && [found.gid, LEFT_ALONE].includes(gid)) return true;
    try {
      fchownSync(this.#open(), uid, gid);
      return true;
    } catch (error) {
      if (MAY_NOT_BE_GIVEN.has(errnoOf(error))) return false;
      throw error;
    }
  }

  async fsync(): Promise<void> {
    const descriptor = this.#syncable();
    this.#syncsPending += 1;
    try {
      await new Promise<void>((resolve, reject) => {
        // On macOS this is F_FULLFSYNC (uv__fs_fsync in libuv's src/unix/fs.c).
        fsync(descriptor, (error) => (error ? reject(error) : resolve()));
      });
    } finally {
      this.#syncsPending -= 1;
      this.#leave(descriptor);
    }
  }

  fsyncSync(): void {
    const descriptor = this.#syncable();
    try {
      fsyncSync(descriptor);
    } finally {
      this.#leave(descriptor);
    }
  }

  stat(): FileStat {
    return fileStat(fstatSync(this.#open(), { bigint: true }));
  }

  close(): void {
    if (!this.#isOpen) return;
    if (this.#syncsPending > 0)
      throw systemError("EBUSY", "close: expected no sync to be running on this file; await it first");
    this.#isOpen = false;
    closeSync(this.#descriptor);
  }

  #syncable(): number {
    const descriptor = this.#open();
    return this.#mode === "read" ? platform.writable(descriptor, this.#path) : descriptor;
  }

  /** Closes what was opened for one call. */
  #leave(descriptor: number): void {
    if (descriptor !== this.#descriptor) closeSync(descriptor);
  }

  /** The number of a closed descriptor may be another file's by now. */
  #open(): number {
    if (this.#isOpen) return this.#descriptor;
    throw systemError("EBADF", "expected an open file, but this one has been closed");
  }
}
