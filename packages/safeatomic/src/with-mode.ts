import type { FileSystem } from "./file-system.js";
import { errnoOf } from "./safeatomic-error.js";

/**
 * The same disk, on which each file that is made has exactly these permission bits, the umask not applied, whoever makes it
 * for whatever, and each directory as well, with the right to enter it for those who may read.
 */
export function withMode(fileSystem: FileSystem, mode: number): FileSystem {
  const own: Pick<FileSystem, "open" | "makeDirectory" | "lock"> = {
    open: (path, how, permissions = mode) => fileSystem.open(path, how, permissions),
    makeDirectory: (path, permissions = mode | ((mode & 0o444) >> 2)) =>
      fileSystem.makeDirectory(path, permissions),
    lock(path: string, owner: string, mayWait?: true) {
      makeWhereMissing(fileSystem, path, mode);
      return mayWait ? fileSystem.lock(path, owner, mayWait) : fileSystem.lock(path, owner);
    },
  } as Pick<FileSystem, "open" | "makeDirectory" | "lock">;
  return new Proxy(own as FileSystem, {
    get(_, name) {
      const member: unknown = Reflect.get(name in own ? own : fileSystem, name);
      return typeof member === "function" ? member.bind(fileSystem) : member;
    },
  });
}

/** An empty file is what a lock is made of; somebody may be faster, and it is theirs then. */
function makeWhereMissing(fileSystem: FileSystem, path: string, mode: number): void {
  if (fileSystem.stat(path)) return;
  try {
    fileSystem.open(path, "create", mode).close();
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
  }
}
