import { expect, test } from "vitest";
import { allOrSample } from "../../../record-log/test/kit/seeded-random.js";
import type { FileSystem, HeldLock, OpenFile } from "../../src/index.js";
import { createSimulatedDisk, testFileSystem } from "../../src/testing/index.js";
import { overriding } from "../kit/overriding.js";

type Plant = (right: FileSystem) => Partial<FileSystem>;

/** Runs the suite against a disk with this fault; returns the sentences that were found broken. */
async function brokenSentences(plant: Plant): Promise<string[]> {
  const tests: { name: string; body: () => Promise<void> }[] = [];
  testFileSystem({
    test: (name, body) => tests.push({ name, body }),
    create: () => {
      const right = createSimulatedDisk();
      right.makeDirectory("/directory");
      return { fileSystem: overriding<FileSystem>(right, plant(right)), directory: "/directory" };
    },
  });
  const broken: string[] = [];
  for (const { name, body } of tests) {
    await body().catch(() => broken.push(name));
  }
  return broken;
}

function wrongFile(wrong: (right: OpenFile) => Partial<OpenFile>): Plant {
  return (disk) => ({
    open: (path, mode, permissions) => {
      const right = disk.open(path, mode, permissions);
      return overriding(right, wrong(right));
    },
  });
}

function wrongLock(wrong: (right: HeldLock) => Partial<HeldLock>): Plant {
  return (disk) => ({
    lock: (path, owner) => {
      const lock = disk.lock(path, owner);
      return lock.state === "held" ? overriding(lock, wrong(lock)) : lock;
    },
  });
}

const plants: Record<string, Plant> = {
  "create opens what is there": (disk) => ({
    open: (path, mode, permissions) => disk.open(path, disk.stat(path) ? "append" : mode, permissions),
  }),
  "permissions are ignored": (disk) => ({ open: (path, mode) => disk.open(path, mode) }),
  "append overwrites": wrongFile((file) => ({
    append: (source, offset, count) => {
      file.truncate(0);
      return file.append(source, offset, count);
    },
  })),
  "append counts bytes that it did not write": wrongFile((file) => ({
    append: (source, offset, count) =>
      file.append(source, offset, Math.max(0, count - 1)) + Math.min(1, count),
  })),
  "append ignores the offset in the source": wrongFile((file) => ({
    append: (source, _offset, count) => file.append(source, 0, count),
  })),
  "appendParts writes the first part only": wrongFile((file) => ({
    appendParts: (parts) => file.append(parts[0] ?? new Uint8Array(), 0, parts[0]?.length ?? 0),
  })),
  "readAt ignores the offset in the file": wrongFile((file) => ({
    readAt: (target, offset, count) => file.readAt(target, offset, count, 0),
  })),
  "readAt ignores the offset in the target": wrongFile((file) => ({
    readAt: (target, _offset, count, fileOffset) => file.readAt(target, 0, count, fileOffset),
  })),
  "readAt claims more than there is": wrongFile((file) => ({
    readAt: (target, offset, count, fileOffset) => {
      file.readAt(target, offset, count, fileOffset);
      return count;
    },
  })),
  "truncate does nothing": wrongFile(() => ({ truncate: () => {} })),
  "close does nothing": wrongFile(() => ({ close: () => {} })),
  "fsync fails": wrongFile(() => ({ fsync: () => Promise.reject(new Error("no")) })),
  "a file's stat is old": wrongFile((file) => {
    const stat = file.stat();
    return { stat: () => stat };
  }),
  "every file has the same identity": (disk) => ({
    stat: (path) => {
      const found = disk.stat(path);
      return found && { ...found, identity: "1:1" };
    },
  }),
  "an inode that is given again makes the same file again": (disk) => ({
    stat: (path) => {
      const found = disk.stat(path);
      return found && { ...found, identity: `${found.identity.split(":", 2).join(":")}:1` };
    },
  }),
  "the birth time is the time of the last change": (disk) => ({
    stat: (path) => {
      const found = disk.stat(path);
      return found && { ...found, identity: `${found.identity.split(":", 2).join(":")}:${found.size}` };
    },
  }),
  "stat of what is missing throws": (disk) => ({
    stat: (path) => {
      disk.realPath(path);
      return disk.stat(path);
    },
  }),
  "list shows directories as files": (disk) => ({
    list: (path) => disk.list(path).map(({ name }) => ({ name, kind: "file" })),
  }),
  "realPath takes anything": () => ({ realPath: (path) => path }),
  "makeDirectory is content with what is there": (disk) => ({
    makeDirectory: (path) => {
      if (!disk.stat(path)) disk.makeDirectory(path);
    },
  }),
  "rename leaves the old name": (disk) => ({
    rename: (from, to) => {
      if (disk.stat(to)) disk.removeFile(to);
      disk.link(from, to);
    },
  }),
  "rename does not replace": (disk) => ({
    rename: (from, to) => {
      if (disk.stat(to)) disk.link(from, to);
      disk.rename(from, to);
    },
  }),
  "link replaces": (disk) => ({
    link: (existing, created) => {
      if (disk.stat(created)?.kind === "file") disk.removeFile(created);
      disk.link(existing, created);
    },
  }),
  "removeFile takes directories": (disk) => ({
    removeFile: (path) =>
      disk.stat(path)?.kind === "directory" ? disk.removeDirectory(path) : disk.removeFile(path),
  }),
  "removeFile is content with nothing there": (disk) => ({
    removeFile: (path) => {
      if (disk.stat(path)) disk.removeFile(path);
    },
  }),
  "removeDirectory is content with what is left inside": (disk) => ({
    removeDirectory: (path) => {
      if (disk.list(path).length === 0) disk.removeDirectory(path);
    },
  }),
  "fsyncDirectory does not look": () => ({ fsyncDirectory: async () => {}, fsyncDirectorySync: () => {} }),
  "the suffix is always the same": () => ({ uniqueSuffix: () => "1" }),
  "the suffix has a slash": (disk) => ({ uniqueSuffix: () => `${disk.uniqueSuffix()}/` }),
  "a held lock is given again": (disk) => ({
    lock: (path, owner) => {
      const lock = disk.lock(path, owner);
      if (lock.state === "held") lock.release();
      return lock;
    },
  }),
  "a refused lock says nothing of its owner": (disk) => ({
    lock: (path, owner) => {
      const lock = disk.lock(path, owner);
      return lock.state === "refused" ? { ...lock, owner: "" } : lock;
    },
  }),
  "release frees nothing": wrongLock(() => ({ release: () => {} })),
  "the note is lost": wrongLock(() => ({ note: "" })),
  "writeNote does nothing": wrongLock(() => ({ writeNote: () => {} })),
  "a lock shows another identity": wrongLock(() => ({ identity: "9:9" })),
  "lockState takes the lock": (disk) => ({
    lockState: (path) => {
      const { owner } = disk.lockState(path);
      return { state: disk.lock(path, owner).state === "held" ? "free" : "held", owner };
    },
  }),
  "every lock is said to be free": (disk) => ({
    lockState: (path) => ({ ...disk.lockState(path), state: "free" }),
  }),
  "every lock is said to be held": (disk) => ({
    lockState: (path) => ({ ...disk.lockState(path), state: "held" }),
  }),
};

test("the suite finds nothing in a right file system", async () => {
  expect(await brokenSentences(() => ({}))).toEqual([]);
});

const planted = Object.entries(plants);

test.each(allOrSample(0, planted.length - 1, 12).map((index) => planted[index]!))(
  "the suite finds a file system in which %s",
  async (_name, plant) => {
    expect(await brokenSentences(plant)).not.toEqual([]);
  },
);
