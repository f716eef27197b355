import { describe, expect, test } from "vitest";
import { createSimulatedDisk, testFileSystem } from "../../src/testing/index.js";
import { diskWith, treeOf } from "../kit/simulated-tree.js";

describe.each(["posix", "windows"] as const)(
  "the simulated disk keeps the port's contract as %s does",
  (platform) => {
    testFileSystem({
      test,
      create: () => {
        const fileSystem = createSimulatedDisk({ platform });
        fileSystem.makeDirectory("/directory");
        return { fileSystem, directory: "/directory" };
      },
    });
  },
);

describe("with the refusals of Windows", () => {
  const windowsDisk = () => {
    const disk = createSimulatedDisk({ platform: "windows" });
    disk.makeDirectory("/d");
    for (const name of ["file", "other"]) disk.open(`/d/${name}`, "create").close();
    for (const directory of ["/", "/d"]) disk.fsyncDirectorySync(directory);
    return disk;
  };

  test("no open file is replaced, and no directory renamed that has one below it", () => {
    const disk = windowsDisk();
    const file = disk.open("/d/file", "read");
    expect(() => disk.rename("/d/other", "/d/file")).toThrow("EPERM");
    expect(() => disk.rename("/d", "/e")).toThrow("EPERM");
    disk.rename("/d/file", "/d/moved");
    file.close();
    disk.rename("/d", "/e");
    expect(disk.list("/e").map(({ name }) => name)).toEqual(["moved", "other"]);
  });

  test("the name of an open file that is removed is taken until the last handle is closed", () => {
    const disk = windowsDisk();
    const [first, second] = [disk.open("/d/file", "read"), disk.open("/d/file", "append")];
    disk.removeFile("/d/file");
    expect(() => disk.open("/d/file", "create")).toThrow("EEXIST");
    expect(() => disk.open("/d/file", "read")).toThrow("EPERM");
    first.close();
    expect(disk.list("/d")).toHaveLength(2);
    second.close();
    expect(disk.list("/d").map(({ name }) => name)).toEqual(["other"]);
  });

  test("a removal that waits for a handle is undone by a power cut, and done by a kill", () => {
    const kill = windowsDisk();
    kill.open("/d/file", "read");
    kill.removeFile("/d/file");
    kill.fsyncDirectorySync("/d");
    kill.killProcess();
    expect(kill.stat("/d/file")).toBe(undefined);
    kill.cutPower();
    expect(kill.stat("/d/file")?.kind).toBe("file");
  });

  test("a lock is not taken on a file that somebody has open", () => {
    const disk = windowsDisk();
    const file = disk.open("/d/file", "read");
    expect(disk.lock("/d/file", "owner").state).toBe("refused");
    file.close();
    expect(disk.lock("/d/file", "owner").state).toBe("held");
  });
});

const bytes = (text: string) => new TextEncoder().encode(text);

/** A disk with one file whose first five bytes, and name, are durable. */
function diskWithFile() {
  const disk = diskWith({ "/d/file": "first" });
  return { disk, file: disk.open("/d/file", "append") };
}

describe("a power cut", () => {
  test("loses what was appended since the last sync", () => {
    const { disk, file } = diskWithFile();
    file.append(bytes("-second"), 0, 7);
    file.fsyncSync();
    file.append(bytes("-third"), 0, 6);
    disk.cutPower();
    expect(treeOf(disk)).toEqual({ "/d/file": "first-second" });
  });

  test("brings back what a cut took away that was never synced, not what was appended behind it", () => {
    const { disk, file } = diskWithFile();
    file.truncate(2);
    file.append(bytes("xyz"), 0, 3);
    disk.cutPower();
    expect(treeOf(disk)).toEqual({ "/d/file": "first" });
  });

  test("keeps a cut that was synced", () => {
    const { disk, file } = diskWithFile();
    file.truncate(2);
    file.fsyncSync();
    file.append(bytes("xyz"), 0, 3);
    disk.cutPower();
    expect(treeOf(disk)).toEqual({ "/d/file": "fi" });
  });

  test("undoes names made, removed and renamed since their directory was synced", () => {
    const { disk } = diskWithFile();
    disk.open("/d/new", "create").close();
    disk.rename("/d/file", "/d/renamed");
    disk.cutPower();
    expect(treeOf(disk)).toEqual({ "/d/file": "first" });
  });

  test("loses all that lies in a directory whose own name was not synced", () => {
    const { disk, file } = diskWithFile();
    disk.makeDirectory("/e");
    disk.link("/d/file", "/e/second");
    disk.fsyncDirectorySync("/e");
    file.close();
    disk.cutPower();
    expect(disk.stat("/e")).toBe(undefined);
  });
});

describe("a kill", () => {
  test("loses nothing that the kernel was given, closes files and frees locks", () => {
    const { disk, file } = diskWithFile();
    file.append(bytes("-second"), 0, 7);
    disk.lock("/d/lock", "owner");
    disk.killProcess();
    expect(() => file.stat()).toThrow("EBADF");
    expect(disk.lockState("/d/lock")).toEqual({ state: "free", owner: "owner" });
    expect(treeOf(disk)["/d/file"]).toBe("first-second");
  });

  test("lets no sync come to its end", async () => {
    const { disk, file } = diskWithFile();
    file.append(bytes("-second"), 0, 7);
    const syncs = [file.fsync(), disk.fsyncDirectory("/d")];
    disk.killProcess();
    for (const sync of await Promise.allSettled(syncs)) expect(sync.status).toBe("rejected");
    disk.cutPower();
    expect(treeOf(disk)).toEqual({ "/d/file": "first" });
  });
});

test("an asynchronous sync takes the turns of the event loop asked for, and one more until its caller knows", async () => {
  const disk = createSimulatedDisk({ syncTurns: 3 });
  const file = disk.open("/file", "create");
  const events: string[] = [];
  const sync = file.fsync().then(() => events.push("synced"));
  for (let turn = 1; turn <= 5; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    events.push(`turn ${turn}`);
  }
  await sync;
  expect(events.indexOf("synced")).toBeGreaterThanOrEqual(3);
  expect(events.indexOf("synced")).toBeLessThan(5);
});

test("a failure that the kernel has told to a sync, and the sync not yet to its caller, is told by no other sync of that description", async () => {
  const disk = createSimulatedDisk();
  const first = disk.open("/file", "create");
  const second = disk.open("/file", "append");
  first.append(bytes("lost"), 0, 4);
  disk.failWriteBack("/file");
  const told = first.fsync();
  await new Promise((resolve) => setImmediate(resolve));
  expect(() => first.fsyncSync()).not.toThrow();
  expect(() => second.fsyncSync()).toThrow("an earlier write-back");
  await expect(told).rejects.toThrow("an earlier write-back");
});

test("two disks that are used alike are alike, to the suffixes and identities", () => {
  const [first, second] = [diskWithFile().disk, diskWithFile().disk];
  expect(first.stat("/d/file")).toEqual(second.stat("/d/file"));
  expect(first.uniqueSuffix()).toBe(second.uniqueSuffix());
});
