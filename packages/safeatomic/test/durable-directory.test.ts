import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nodeFileSystem } from "../src/index.js";
import { makeDurableDirectory, runSync } from "../src/internal.js";
import { createSimulatedDisk, type PortCall, StoppedError, withFaults } from "../src/testing/index.js";
import { diskWith } from "./kit/simulated-tree.js";

test("a path of several levels is durable when it returns", () => {
  const disk = createSimulatedDisk();
  runSync(makeDurableDirectory(disk, "/a/b/c"));
  disk.cutPower();
  expect(disk.stat("/a/b/c")?.kind).toBe("directory");
});

test("each name is synced before anything is made below it", () => {
  const calls: PortCall[] = [];
  runSync(
    makeDurableDirectory(
      withFaults(createSimulatedDisk(), (call) => void calls.push(call)),
      "/a/b",
    ),
  );
  const changes = calls.filter(({ operation }) => operation !== "stat" && operation !== "realPath");
  expect(changes.map(({ operation, path }) => `${operation} ${path}`)).toEqual([
    "fsyncDirectorySync /",
    "makeDirectory /a",
    "fsyncDirectorySync /",
    "makeDirectory /a/b",
    "fsyncDirectorySync /a",
  ]);
});

test("killed before any call and called again, it leaves the whole path durable", () => {
  for (let last = 0; ; last += 1) {
    const disk = createSimulatedDisk();
    const dying = withFaults(disk, ({ index }) => (index === last ? "stop" : undefined));
    try {
      runSync(makeDurableDirectory(dying, "/a/b/c"));
    } catch (error) {
      expect(error).toBeInstanceOf(StoppedError);
    }
    runSync(makeDurableDirectory(disk, "/a/b/c"));
    disk.cutPower();
    expect(disk.stat("/a/b/c")?.kind, `killed at call ${last}`).toBe("directory");
    if (last >= dying.callCount) break;
  }
});

test("a level that another process makes meanwhile is fine", () => {
  const disk = createSimulatedDisk();
  const fileSystem = withFaults(disk, ({ operation, path }) => {
    if (operation === "makeDirectory") disk.makeDirectory(path);
  });
  runSync(makeDurableDirectory(fileSystem, "/a/b"));
  expect(disk.stat("/a/b")?.kind).toBe("directory");
});

test("a file in the way is refused, and nothing is made", () => {
  const disk = diskWith({ "/d/file": "kept" });
  expect(() => runSync(makeDurableDirectory(disk, "/d/file/a/b"))).toThrow(
    expect.objectContaining({ code: "ERR_DATAWAL_NOT_A_DIRECTORY", path: "/d/file", actual: "file" }),
  );
  expect(disk.list("/d")).toEqual([{ name: "file", kind: "file" }]);
});

test("a directory above that cannot be read for syncing is left unsynced, any other failure is told", () => {
  const failing = (errno: string) =>
    withFaults(diskWith({ "/d/file": "" }), ({ operation, path }) =>
      operation === "fsyncDirectorySync" && path === "/" ? { errno } : undefined,
    );
  runSync(makeDurableDirectory(failing("EACCES"), "/d/new"));
  expect(() => runSync(makeDurableDirectory(failing("EIO"), "/d/new"))).toThrow("EIO");
});

test("a link to a directory is followed, one that leads nowhere refused", () => {
  const directory = mkdtempSync(join(tmpdir(), "durable-directory-"));
  mkdirSync(join(directory, "real"));
  symlinkSync("real", join(directory, "link"));
  symlinkSync("missing", join(directory, "dangling"));
  runSync(makeDurableDirectory(nodeFileSystem, join(directory, "link/a/b")));
  expect(readdirSync(join(directory, "real/a"))).toEqual(["b"]);
  expect(() => runSync(makeDurableDirectory(nodeFileSystem, join(directory, "dangling/a")))).toThrow(
    expect.objectContaining({ code: "ERR_DATAWAL_DANGLING_LINK", path: join(directory, "dangling") }),
  );
  rmSync(directory, { recursive: true });
});
