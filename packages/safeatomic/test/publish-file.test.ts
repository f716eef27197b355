import { expect, test } from "vitest";
import type { FileSystem, OpenFile } from "../src/index.js";
import { appendFully, publishFile, runAsync, runSync, type Steps } from "../src/internal.js";
import type { Publication } from "../src/publish-file.js";
import { withFaults } from "../src/testing/index.js";
import { diskWith, treeOf } from "./kit/simulated-tree.js";

const target = { path: "/d/file", temporaryPath: "/d/file.new" };

function* writeNew(file: OpenFile): Steps<number> {
  yield { kind: "progress", bytesDone: 0, bytesTotal: 3 };
  appendFully(file, new TextEncoder().encode("new"));
  return 3;
}

function publish(fileSystem: FileSystem, publication: Publication): number {
  return runSync(publishFile(fileSystem, publication, writeNew));
}

test("what write returns is returned, and the file is durable under its name", () => {
  const disk = diskWith({ "/d/file": "old" });
  expect(publish(disk, target)).toBe(3);
  disk.cutPower();
  expect(treeOf(disk)).toEqual({ "/d/file": "new" });
});

test("a file under the temporary name that may be another's is an error, and stays", () => {
  const disk = diskWith({ "/d/file": "old", "/d/file.new": "not ours" });
  expect(() => publish(disk, target)).toThrow(expect.objectContaining({ code: "EEXIST" }));
  expect(treeOf(disk)).toEqual({ "/d/file": "old", "/d/file.new": "not ours" });
});

test("a leftover of ours under the temporary name is removed first", () => {
  const disk = diskWith({ "/d/file": "old", "/d/file.new": "half of a longer attempt" });
  publish(disk, { ...target, ownsTemporary: true });
  expect(treeOf(disk)).toEqual({ "/d/file": "new" });
});

test("with replace: false a file that has the name is an error, and stays; a free name is given", () => {
  const disk = diskWith({ "/d/file": "old" });
  expect(() => publish(disk, { ...target, replace: false })).toThrow(
    expect.objectContaining({ code: "EEXIST" }),
  );
  expect(treeOf(disk)).toEqual({ "/d/file": "old" });
  publish(disk, { ...target, path: "/d/free", replace: false });
  disk.cutPower();
  expect(treeOf(disk)).toEqual({ "/d/file": "old", "/d/free": "new" });
});

test("the file has the permissions asked for", () => {
  const disk = diskWith({ "/d/file": "old" });
  publish(disk, { ...target, permissions: 0o600 });
  expect(disk.stat("/d/file")?.mode).toBe(0o600);
});

test("a failure of write removes the temporary and is passed on as it is", () => {
  const disk = diskWith({ "/d/file": "old" });
  const fileSystem = withFaults(disk, () => undefined);
  const failure = new Error("mine");
  const failing = publishFile(fileSystem, target, (file): Steps<void> => {
    appendFully(file, new Uint8Array(3));
    throw failure;
  });
  expect(() => runSync(failing)).toThrow(failure);
  expect(fileSystem.openFileCount).toBe(0);
  expect(treeOf(disk)).toEqual({ "/d/file": "old" });
});

test("an operation that is abandoned between two steps removes its temporary too", () => {
  const disk = diskWith({ "/d/file": "old" });
  const fileSystem = withFaults(disk, () => undefined);
  const steps = publishFile(fileSystem, target, function* (): Steps<void> {
    yield { kind: "progress", bytesDone: 0, bytesTotal: 1 };
  });
  steps.next();
  expect(treeOf(disk)).toEqual({ "/d/file": "old", "/d/file.new": "" });
  steps.return();
  expect(fileSystem.openFileCount).toBe(0);
  expect(treeOf(disk)).toEqual({ "/d/file": "old" });
});

test("the first failure is told even if the temporary cannot be removed", () => {
  const fileSystem = withFaults(diskWith({ "/d/file": "old" }), ({ operation }) => {
    if (operation === "rename") return { errno: "EIO" };
    return operation === "removeFile" ? { errno: "EROFS" } : undefined;
  });
  expect(() => publish(fileSystem, target)).toThrow(expect.objectContaining({ code: "EIO" }));
});

test("a failed sync of the directory says that the change is there, and why it may not last", () => {
  const disk = diskWith({ "/d/file": "old" });
  const fileSystem = withFaults(disk, ({ operation }) =>
    operation === "fsyncDirectorySync" ? { errno: "EIO" } : undefined,
  );
  expect(() => publish(fileSystem, target)).toThrow(
    expect.objectContaining({
      code: "ERR_DATAWAL_CHANGE_NOT_DURABLE",
      path: "/d/file",
      errno: "EIO",
      cause: expect.objectContaining({ code: "EIO" }),
    }),
  );
  expect(treeOf(disk)).toEqual({ "/d/file": "new" });
});

test("an abort heard during the sync of the file publishes nothing", async () => {
  const disk = diskWith({ "/d/file": "old" });
  const controller = new AbortController();
  const fileSystem = withFaults(disk, ({ operation }) => {
    if (operation === "file.fsync") controller.abort("given up");
  });
  const steps = publishFile(fileSystem, target, writeNew);
  await expect(runAsync(steps, { signal: controller.signal })).rejects.toBe("given up");
  expect(treeOf(disk)).toEqual({ "/d/file": "old" });
});

test("a second run that takes the temporary for its own is left alone, and its half is not published", () => {
  const disk = diskWith({ "/d/file": "old" });
  const owned = { ...target, ownsTemporary: true };
  const second = publishFile(disk, owned, function* (file): Steps<void> {
    appendFully(file, new TextEncoder().encode("half"));
    yield { kind: "progress", bytesDone: 4, bytesTotal: 8 };
    appendFully(file, new TextEncoder().encode("+half"));
  });
  const first = withFaults(disk, ({ operation }) => {
    if (operation === "file.fsyncSync") second.next();
  });
  expect(() => publish(first, owned)).toThrow(
    expect.objectContaining({ code: "ERR_DATAWAL_TEMPORARY_REPLACED", path: "/d/file.new" }),
  );
  expect(treeOf(disk)).toEqual({ "/d/file": "old", "/d/file.new": "half" });
  runSync(second);
  expect(treeOf(disk)).toEqual({ "/d/file": "half+half" });
});
