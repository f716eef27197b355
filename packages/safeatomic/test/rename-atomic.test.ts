import { expect, test } from "vitest";
import { renameAtomic, renameAtomicSync } from "../src/index.js";
import { createSimulatedDisk, type PortCall, withFaults } from "../src/testing/index.js";
import { diskWith, treeOf } from "./kit/simulated-tree.js";

test("content that was never synced is durable under the new name", async () => {
  const disk = createSimulatedDisk();
  const file = disk.open("/file", "create");
  file.append(new TextEncoder().encode("content"), 0, 7);
  file.close();
  await renameAtomic("/file", "/renamed", { fileSystem: disk });
  disk.cutPower();
  expect(treeOf(disk)).toEqual({ "/renamed": "content" });
});

test("both directories are synced, the new name's first; one directory once", () => {
  const synced = (from: string, to: string) => {
    const calls: PortCall[] = [];
    const fileSystem = withFaults(
      diskWith({ "/d/file": "", "/e/other": "" }),
      (call) => void calls.push(call),
    );
    renameAtomicSync(from, to, { fileSystem });
    return calls.filter(({ operation }) => operation === "fsyncDirectorySync").map(({ path }) => path);
  };
  expect(synced("/d/file", "/e/file")).toEqual(["/e", "/d"]);
  expect(synced("/d/file", "/d/renamed")).toEqual(["/d"]);
});

test("what is missing is an error, and what had the new name stays", async () => {
  const disk = diskWith({ "/d/file": "kept" });
  const call = renameAtomic("/d/missing", "/d/file", { fileSystem: disk });
  await expect(call).rejects.toMatchObject({
    code: "ERR_DATAWAL_FILE_IO",
    errno: "ENOENT",
    path: "/d/missing",
  });
  expect(treeOf(disk)).toEqual({ "/d/file": "kept" });
});

test("two file systems are an error that says so; nothing is copied", () => {
  const disk = diskWith({ "/d/file": "kept" });
  const fileSystem = withFaults(disk, ({ operation }) =>
    operation === "rename" ? { errno: "EXDEV" } : undefined,
  );
  expect(() => renameAtomicSync("/d/file", "/d/renamed", { fileSystem })).toThrow(
    "both names must be on one file system",
  );
  expect(treeOf(disk)).toEqual({ "/d/file": "kept" });
});
