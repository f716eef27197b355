import type { FileSystem, HeldLock, OpenFile, RefusedLock } from "@datawal/safeatomic";
import type { PortOperation, SimulatedDisk } from "@datawal/safeatomic/testing";

/** A call of the port that has changed something, or made something durable. */
export interface Effect {
  operation: PortOperation;
  path: string;
  to?: string;
  /** Of the file, before the call and behind it. */
  sizes?: readonly [before: number, after: number];
  failed?: boolean;
}

/**
 * A disk whose every effect is told behind it, and before its caller knows. What only reads is not told.
 *
 * @param onBegin Called when an asynchronous sync of a file is begun.
 */
export function tracing(
  disk: SimulatedDisk,
  tell: (effect: Effect) => void,
  onBegin = (_path: string) => {},
): FileSystem {
  const changing = <Arguments extends unknown[]>(
    operation: PortOperation,
    call: (path: string, ...rest: Arguments) => void,
    hasTo = false,
  ) => {
    return (path: string, ...rest: Arguments) => {
      call.call(disk, path, ...rest);
      tell({ operation, path, ...(hasTo && { to: rest[0] as string }) });
    };
  };
  return {
    open(path, mode, permissions) {
      const file = disk.open(path, mode, permissions);
      if (mode === "create") tell({ operation: "open", path });
      return mode === "read" ? file : tracingFile(file, path, tell, onBegin);
    },
    stat: (path) => disk.stat(path),
    list: (path) => disk.list(path),
    realPath: (path) => disk.realPath(path),
    makeDirectory: changing("makeDirectory", disk.makeDirectory),
    rename: changing("rename", disk.rename, true),
    link: changing("link", disk.link, true),
    removeFile: changing("removeFile", disk.removeFile),
    removeDirectory: changing("removeDirectory", disk.removeDirectory),
    async fsyncDirectory(path) {
      await disk.fsyncDirectory(path);
      tell({ operation: "fsyncDirectory", path });
    },
    fsyncDirectorySync: changing("fsyncDirectorySync", disk.fsyncDirectorySync),
    lock(path: string, owner: string): HeldLock | RefusedLock {
      const lock = disk.lock(path, owner);
      if (lock.state === "refused") return lock;
      tell({ operation: "lock", path });
      return {
        ...{ state: lock.state, means: lock.means, note: lock.note, identity: lock.identity },
        writeNote(line) {
          lock.writeNote(line);
          tell({ operation: "lock.writeNote", path });
        },
        release() {
          lock.release();
          tell({ operation: "lock.release", path });
        },
      };
    },
    lockState: (path) => disk.lockState(path),
    uniqueSuffix: () => disk.uniqueSuffix(),
  } satisfies FileSystem;
}

function tracingFile(
  file: OpenFile,
  path: string,
  tell: (effect: Effect) => void,
  onBegin: (path: string) => void,
): OpenFile {
  const sized = <Result>(operation: PortOperation, call: () => Result): Result => {
    const before = file.stat().size;
    const result = call();
    tell({ operation, path, sizes: [before, file.stat().size] });
    return result;
  };
  const syncs = (operation: PortOperation, error: unknown): never => {
    tell({ operation, path, failed: true });
    throw error;
  };
  return {
    readAt: (...range) => file.readAt(...range),
    append: (...bytes) => sized("file.append", () => file.append(...bytes)),
    appendParts: (parts) => sized("file.appendParts", () => file.appendParts(parts)),
    truncate: (size) => sized("file.truncate", () => file.truncate(size)),
    async fsync() {
      onBegin(path);
      await file.fsync().catch((error: unknown) => syncs("file.fsync", error));
      tell({ operation: "file.fsync", path });
    },
    fsyncSync() {
      try {
        file.fsyncSync();
      } catch (error) {
        syncs("file.fsyncSync", error);
      }
      tell({ operation: "file.fsyncSync", path });
    },
    stat: () => file.stat(),
    close: () => file.close(),
  };
}
