import { expect, test } from "vitest";
import { fsyncDir, fsyncDirSync } from "../src/index.js";
import { withFaults } from "../src/testing/index.js";
import { diskWith, treeOf } from "./kit/simulated-tree.js";

test("names made before it are durable", async () => {
  const disk = diskWith({ "/d/file": "" });
  disk.link("/d/file", "/d/second");
  expect(await fsyncDir("/d", { fileSystem: disk })).toBe("synced");
  disk.cutPower();
  expect(Object.keys(treeOf(disk))).toEqual(["/d/file", "/d/second"]);
});

test.each(["EINVAL", "ENOTSUP", "EPERM"])(
  "a directory that cannot be synced (%s) is no error, and said",
  async (errno) => {
    const fileSystem = withFaults(diskWith({ "/d/file": "" }), ({ operation }) =>
      operation.startsWith("fsync") ? { errno } : undefined,
    );
    expect(await fsyncDir("/d", { fileSystem })).toBe("unsupported");
    expect(fsyncDirSync("/d", { fileSystem })).toBe("unsupported");
  },
);

test("a file is refused, and a missing directory is an error", async () => {
  const fileSystem = diskWith({ "/d/file": "" });
  await expect(fsyncDir("/d/file", { fileSystem })).rejects.toMatchObject({
    code: "ERR_DATAWAL_NOT_A_DIRECTORY",
  });
  await expect(fsyncDir("/d/missing", { fileSystem })).rejects.toMatchObject({
    errno: "ENOENT",
    operation: "fsyncDir",
  });
});

test("on the real disk the current directory can be synced", async () => {
  expect(await fsyncDir(".")).toBe("synced");
});
