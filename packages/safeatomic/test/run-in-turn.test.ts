import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeAtomic } from "../src/index.js";
import { createSimulatedDisk, withFaults } from "../src/testing/index.js";
import { compilePackage } from "./kit/compiled-package.js";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "run-in-turn-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

// They failed with EMFILE: each has had its file open until its turn to be synced came.
test("a thousand writes at once need few descriptors", () => {
  const { url } = compilePackage(directory);
  const script = `
    const { writeAtomic, writeOnce, writeAppendFsync } = await import("${url}");
    const writes = Array.from({ length: 1000 }, (_, n) => [writeAtomic, writeOnce, writeAppendFsync][n % 3]);
    const ends = await Promise.allSettled(writes.map((write, n) => write("${directory}/file-" + n, "content")));
    console.log(ends.filter(({ status }) => status === "fulfilled").length,
      [...new Set(ends.map(({ reason }) => reason?.message))].join());`;
  const { stdout } = spawnSync(
    "/bin/sh",
    ["-c", 'ulimit -n 256; exec "$0" --input-type=module -e "$1"', process.execPath, script],
    { encoding: "utf8" },
  );
  expect(stdout).toBe("1000 \n");
});

test("a call that fails leaves its turn to the next", async () => {
  const disk = withFaults(createSimulatedDisk(), ({ operation, path }) =>
    operation === "file.fsync" && /^\/file-\d*[02468]\./.test(path) ? { errno: "EIO" } : undefined,
  );
  const calls = Array.from({ length: 200 }, (_, number) =>
    writeAtomic(`/file-${number}`, "content", { fileSystem: disk }),
  );
  const ends = await Promise.allSettled(calls);
  expect(new Set(ends.map(({ status }) => status)).size).toBe(2);
  expect(disk.openFileCount).toBe(0);
});

// The type offers no onProgress, the driver took one: 64 that waited for a turn of their own kept all turns.
test("an onProgress is no option of a write, which could wait for a turn of its own", async () => {
  const options = { fileSystem: createSimulatedDisk(), onProgress: () => writeAtomic("/inner", "", options) };
  await expect(writeAtomic("/outer", "", options)).rejects.toMatchObject({ option: "onProgress" });
});
