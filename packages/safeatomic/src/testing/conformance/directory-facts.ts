import { deepEqual, equal } from "node:assert/strict";
import { at, failsWith, makeDirectory, makeFile } from "./disk-verbs.js";
import type { ConformanceDisk, Facts } from "./facts.js";

/** What the contract says of directories. */
export const directoryFacts: Facts = {
  "list tells every name and kind, and nothing else": async (disk) => {
    makeFile(disk, "b");
    makeDirectory(disk, "a");
    makeFile(disk, "a/inner");
    deepEqual(listed(disk), ["a directory", "b file"]);
    await failsWith("ENOENT", () => disk.fileSystem.list(at(disk, "missing")));
    await failsWith("ENOTDIR", () => disk.fileSystem.list(at(disk, "b")));
  },

  "list shows what has been renamed and removed since": (disk) => {
    disk.fileSystem.rename(makeFile(disk, "from"), at(disk, "to"));
    disk.fileSystem.removeFile(makeFile(disk, "gone"));
    deepEqual(listed(disk), ["to file"]);
  },

  "makeDirectory makes one level": async (disk) => {
    const path = makeDirectory(disk, "directory");
    equal(disk.fileSystem.stat(path)?.kind, "directory");
    await failsWith("EEXIST", () => disk.fileSystem.makeDirectory(path));
    await failsWith("EEXIST", () => disk.fileSystem.makeDirectory(makeFile(disk, "file")));
    await failsWith("ENOENT", () => disk.fileSystem.makeDirectory(at(disk, "missing/below")));
    await failsWith(["ENOTDIR", "ENOENT"], () => disk.fileSystem.makeDirectory(at(disk, "file/below")));
  },

  "a created directory has exactly the permissions asked for": (disk) => {
    for (const permissions of [0o700, 0o750, 0o777]) {
      const path = at(disk, permissions.toString(8));
      disk.fileSystem.makeDirectory(path, permissions);
      if (disk.hasPermissionBits ?? true) equal(disk.fileSystem.stat(path)!.mode & 0o777, permissions);
    }
  },

  "removeDirectory removes an empty directory only": async (disk) => {
    const path = makeDirectory(disk, "directory");
    const inner = makeFile(disk, "directory/inner");
    await failsWith(["ENOTEMPTY", "EEXIST"], () => disk.fileSystem.removeDirectory(path));
    await failsWith("ENOTDIR", () => disk.fileSystem.removeDirectory(inner));
    disk.fileSystem.removeFile(inner);
    disk.fileSystem.removeDirectory(path);
    equal(disk.fileSystem.stat(path), undefined);
    await failsWith("ENOENT", () => disk.fileSystem.removeDirectory(path));
  },

  "a directory can be synced, or says that it cannot by EINVAL, ENOTSUP or EPERM": async (disk) => {
    makeFile(disk, "file");
    await syncsOrCannot(() => disk.fileSystem.fsyncDirectory(disk.directory));
    await syncsOrCannot(() => disk.fileSystem.fsyncDirectorySync(disk.directory));
  },

  "syncing what is no directory fails": async (disk) => {
    const file = makeFile(disk, "file");
    for (const sync of ["fsyncDirectory", "fsyncDirectorySync"] as const) {
      await failsWith("ENOENT", () => disk.fileSystem[sync](at(disk, "missing")));
      await failsWith(["ENOTDIR", "EPERM"], () => disk.fileSystem[sync](file));
    }
  },
};

function listed(disk: ConformanceDisk): string[] {
  const entries = disk.fileSystem.list(disk.directory);
  return entries.map(({ name, kind }) => `${name} ${kind}`).sort();
}

async function syncsOrCannot(sync: () => unknown): Promise<void> {
  try {
    await sync();
  } catch {
    await failsWith(["EINVAL", "ENOTSUP", "EPERM"], sync);
  }
}
