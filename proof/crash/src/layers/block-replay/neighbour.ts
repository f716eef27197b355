import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type FileSystem, nodeFileSystem } from "@datawal/safeatomic";

/** Another program syncs a file of its own, which writes what waits in the file system's journal. */
export function syncNeighbour(mountPoint: string): void {
  const descriptor = openSync(join(mountPoint, "neighbour"), "a");
  try {
    writeSync(descriptor, "neighbour");
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The real disk, beside a program that syncs whenever a name has changed: the names become durable one by one. */
export function besideSyncs(mountPoint: string): FileSystem {
  const synced =
    <Arguments extends unknown[]>(change: (...given: Arguments) => void) =>
    (...given: Arguments) => {
      change(...given);
      syncNeighbour(mountPoint);
    };
  return {
    ...nodeFileSystem,
    makeDirectory: synced(nodeFileSystem.makeDirectory),
    rename: synced(nodeFileSystem.rename),
    link: synced(nodeFileSystem.link),
    removeFile: synced(nodeFileSystem.removeFile),
    removeDirectory: synced(nodeFileSystem.removeDirectory),
  };
}
