import { expect, test } from "vitest";
import {
  appendFully,
  type FileSystem,
  type OpenFile,
  type Publication,
  publishFile,
  runSync,
  type Steps,
} from "../src/index.js";
import { withFaults } from "../src/testing/index.js";
import { diskWith, treeOf } from "./fixture/simulated-tree.js";

const target = { path: "/d/file", temporaryPath: "/d/file.new" };

function publish(fileSystem: FileSystem, publication: Publication): number {
  return runSync(
    publishFile(fileSystem, publication, function* (file: OpenFile): Steps<number> {
      yield { kind: "progress", bytesDone: 0, bytesTotal: 3 };
      appendFully(file, new TextEncoder().encode("new"));
      return 3;
    }),
  );
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
