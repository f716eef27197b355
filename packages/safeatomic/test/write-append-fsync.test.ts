import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeAppendFsync, writeAppendFsyncSync } from "../src/index.js";
import { type PortCall, withFaults } from "../src/testing/index.js";
import { compilePackage } from "./kit/compiled-package.js";
import { diskWith, textOf, treeOf } from "./kit/simulated-tree.js";

let directory: string;
const at = (name: string) => join(directory, name);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "write-append-"));
});

afterEach(() => rmSync(directory, { recursive: true }));

test("a file is made by the first append and grows with the next", async () => {
  await writeAppendFsync(at("file"), "one\n", { mode: 0o600 });
  writeAppendFsyncSync(at("file"), "two\n", { mode: 0o644 });
  expect(readFileSync(at("file"), "utf8")).toBe("one\ntwo\n");
  expect(statSync(at("file")).mode & 0o777).toBe(0o600);
});

test("a link is followed", async () => {
  writeFileSync(at("file"), "one\n");
  symlinkSync("file", at("link"));
  await writeAppendFsync(at("link"), "two\n");
  expect(readFileSync(at("file"), "utf8")).toBe("one\ntwo\n");
});

/** The first write takes 4 bytes, the next says that the disk is full; `meanwhile` happens between the two. */
function fullDisk(meanwhile: () => void = () => {}) {
  let writes = 0;
  return ({ operation }: PortCall) => {
    if (operation !== "file.append") return;
    writes += 1;
    if (writes === 1) return { count: 4 };
    meanwhile();
    return { errno: "ENOSPC" };
  };
}

test("a torn append stays, and is told, where somebody else has appended behind it", () => {
  const disk = diskWith({ "/d/file": "old" });
  const others = () => writeAppendFsyncSync("/d/file", "theirs", { fileSystem: disk });
  const call = () =>
    writeAppendFsyncSync("/d/file", "0123456789", { fileSystem: withFaults(disk, fullDisk(others)) });
  expect(call).toThrow(
    expect.objectContaining({
      code: "ERR_DATAWAL_TORN_APPEND",
      expected: 10,
      actual: 10,
      cause: expect.objectContaining({ code: "ENOSPC" }),
    }),
  );
  expect(textOf(disk, "/d/file")).toBe("old0123theirs");
});

test("a torn append that cannot be cut off is told", () => {
  const disk = diskWith({ "/d/file": "old" });
  const full = fullDisk();
  const fileSystem = withFaults(disk, (call) =>
    call.operation === "file.truncate" ? { errno: "EIO" } : full(call),
  );
  const call = () => writeAppendFsyncSync("/d/file", "0123456789", { fileSystem });
  expect(call).toThrow(expect.objectContaining({ code: "ERR_DATAWAL_TORN_APPEND", expected: 10, actual: 4 }));
  expect(fileSystem.openFileCount).toBe(0);
});

test("a torn append that was cut off does not come back with a power cut, even if somebody has synced it", () => {
  const disk = diskWith({ "/d/file": "old" });
  const fileSystem = withFaults(
    disk,
    fullDisk(() => disk.open("/d/file", "read").fsyncSync()),
  );
  expect(() => writeAppendFsyncSync("/d/file", "0123456789", { fileSystem })).toThrow("ENOSPC");
  disk.cutPower();
  expect(treeOf(disk)).toEqual({ "/d/file": "old" });
});

test("two short writes without a reason are an error that names the file", () => {
  const disk = diskWith({ "/d/file": "old" });
  const fileSystem = withFaults(disk, ({ operation }) =>
    operation === "file.append" ? { count: 1 } : undefined,
  );
  const call = () => writeAppendFsyncSync("/d/file", "0123456789", { fileSystem });
  expect(call).toThrow(expect.objectContaining({ code: "ERR_DATAWAL_SHORT_WRITE", expected: 10, actual: 2 }));
  expect(call).toThrow("writeAppendFsync /d/file: append: expected 10 bytes");
  expect(treeOf(disk)).toEqual({ "/d/file": "old" });
});

test("the name is durable also where its maker died before it was", async () => {
  const disk = diskWith({ "/d/other": "" });
  disk.open("/d/file", "create").close();
  await writeAppendFsync("/d/file", "one\n", { fileSystem: disk });
  disk.cutPower();
  expect(treeOf(disk)).toEqual({ "/d/file": "one\n", "/d/other": "" });
});

test.skipIf(process.platform === "win32")("at a real limit of file sizes the file is left as it was", () => {
  const { url } = compilePackage(directory);
  writeFileSync(at("file"), "x".repeat(4000));
  const script = `
    import { writeAppendFsyncSync } from ${JSON.stringify(url)};
    try { writeAppendFsyncSync(${JSON.stringify(at("file"))}, "y".repeat(6000)) }
    catch (error) { process.stdout.write(error.code + " " + error.errno) }
  `;
  const shell = 'ulimit -f 8; exec "$0" --input-type=module -e "$1"';
  const child = spawnSync("/bin/sh", ["-c", shell, process.execPath, script], { encoding: "utf8" });
  expect(child.stdout).toBe("ERR_DATAWAL_FILE_IO EFBIG");
  expect(readFileSync(at("file"), "utf8")).toBe("x".repeat(4000));
});
