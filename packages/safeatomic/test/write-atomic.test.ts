import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isSafeatomicError, nodeFileSystem, writeAtomic, writeAtomicSync } from "../src/index.js";
import { appendFully, replaceFile, runSync, type Steps } from "../src/internal.js";
import { withFaults } from "../src/testing/index.js";
import { diskWith, textOf, treeOf } from "./kit/simulated-tree.js";

let directory: string;
const at = (name: string) => join(directory, name);
const text = (name: string) => readFileSync(at(name), "utf8");

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "write-atomic-"));
});

afterEach(() => rmSync(directory, { recursive: true }));

test("a file is made, replaced, and nothing else is left in its directory", async () => {
  await writeAtomic(at("file"), "first");
  expect(text("file")).toBe("first");
  writeAtomicSync(at("file"), new Uint8Array([0x73, 0x32]));
  expect(text("file")).toBe("s2");
  await writeAtomic(at("file"), "");
  expect(text("file")).toBe("");
  expect(readdirSync(directory)).toEqual(["file"]);
});

test("content of several pieces arrives whole", async () => {
  const bytes = Uint8Array.from({ length: 2.5 * 2 ** 20 }, (_, index) => index % 251);
  await writeAtomic(at("file"), bytes);
  expect(readFileSync(at("file")).equals(bytes)).toBe(true);
});

test("a bare file name means the current directory", async () => {
  const before = process.cwd();
  process.chdir(directory);
  try {
    await writeAtomic("bare", "content");
    writeAtomicSync("bare-sync", "content");
  } finally {
    process.chdir(before);
  }
  expect(readdirSync(directory).sort()).toEqual(["bare", "bare-sync"]);
});

test.each(["x.tmp", "x.new", ".hidden", "noext", "é".repeat(127), "a".repeat(255)])(
  "a target named %s is safe",
  (name) => {
    writeFileSync(at(name), "old");
    writeAtomicSync(at(name), "new");
    expect(text(name)).toBe("new");
    expect(readdirSync(directory)).toEqual([name]);
  },
);

test("files that stand where others put their temporaries are left alone", async () => {
  for (const name of ["a.tmp", "a.json.tmp", "a.new"]) writeFileSync(at(name), "mine");
  await Promise.all([writeAtomic(at("a.json"), "json"), writeAtomic(at("a.txt"), "txt")]);
  expect(readdirSync(directory).map((name) => `${name}: ${text(name)}`)).toEqual([
    "a.json: json",
    "a.json.tmp: mine",
    "a.new: mine",
    "a.tmp: mine",
    "a.txt: txt",
  ]);
});

test("the mode of a file that exists is kept, whatever the umask; mode is for a new one", () => {
  writeFileSync(at("file"), "old");
  for (const mode of [0o600, 0o666, 0o754]) {
    chmodSync(at("file"), mode);
    writeAtomicSync(at("file"), "new", { mode: 0o640 });
    expect(statSync(at("file")).mode & 0o7777).toBe(mode);
  }
  writeAtomicSync(at("made"), "new", { mode: 0o640 });
  expect(statSync(at("made")).mode & 0o7777).toBe(0o640);
});

test.skipIf(process.getuid?.() !== 0)("the owner of a file that exists is kept where root writes", () => {
  writeFileSync(at("file"), "old");
  chownSync(at("file"), 12345, 23456);
  writeAtomicSync(at("file"), "new");
  expect(statSync(at("file"))).toMatchObject({ uid: 12345, gid: 23456 });
});

test("a link at the path stays, and the file it leads to is replaced in its own directory", async () => {
  mkdirSync(at("real"));
  writeFileSync(at("real/file"), "old");
  symlinkSync("real/file", at("link"));
  await writeAtomic(at("link"), "new");
  expect(readlinkSync(at("link"))).toBe("real/file");
  expect(text("real/file")).toBe("new");
  expect(lstatSync(at("real/file")).isFile()).toBe(true);
});

test("a directory reached through a link is written to", async () => {
  mkdirSync(at("real"));
  symlinkSync("real", at("link"));
  await writeAtomic(at("link/file"), "new");
  expect(text("real/file")).toBe("new");
});

test("a link that leads nowhere is refused", async () => {
  symlinkSync("missing", at("link"));
  await expect(writeAtomic(at("link"), "new")).rejects.toMatchObject({
    code: "ERR_DATAWAL_DANGLING_LINK",
    path: at("link"),
  });
  expect(existsSync(at("missing"))).toBe(false);
});

test("a directory is refused, and named as what it is", () => {
  mkdirSync(at("directory"));
  const call = () => writeAtomicSync(at("directory"), "new");
  expect(call).toThrow(expect.objectContaining({ code: "ERR_DATAWAL_NOT_A_FILE", actual: "directory" }));
  expect(call).toThrow(`${at("directory")}: expected a regular file, found a directory`);
});

test("a missing directory is an error that says where and what to do", async () => {
  const error = await writeAtomic(at("missing/file"), "new").catch((error: unknown) => error);
  expect(isSafeatomicError(error, "ERR_DATAWAL_FILE_IO")).toBe(true);
  expect(error).toMatchObject({ operation: "writeAtomic", path: at("missing/file"), errno: "ENOENT" });
  expect(String(error)).toContain("make its directory first");
});

test("what is neither bytes nor a well-formed string is refused before anything is done", async () => {
  for (const data of [undefined, null, 7, [1], new ArrayBuffer(1)]) {
    await expect(writeAtomic(at("file"), data as never)).rejects.toThrow(
      expect.objectContaining({ name: "TypeError", code: "ERR_DATAWAL_DATA_NOT_BYTES" }),
    );
  }
  await expect(writeAtomic(at("file"), "lone \ud800 surrogate")).rejects.toMatchObject({
    code: "ERR_DATAWAL_DATA_MALFORMED_STRING",
  });
  expect(readdirSync(directory)).toEqual([]);
});

test("an aborted signal's reason is passed on as it is, even if it looks like a system error", async () => {
  const reason = Object.assign(new Error("mine"), { code: "ECANCELED" });
  await expect(writeAtomic(at("file"), "new", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(() => writeAtomicSync(at("file"), "new", { signal: AbortSignal.abort(reason) })).toThrow(reason);
  expect(readdirSync(directory)).toEqual([]);
});

test("at every moment a reader sees the old content or the new, whole", () => {
  const disk = diskWith({ "/d/file": "old content" });
  const seen: string[] = [];
  const fileSystem = withFaults(disk, () => void seen.push(textOf(disk, "/d/file")));
  writeAtomicSync("/d/file", "new", { fileSystem });
  expect([...new Set(seen)]).toEqual(["old content", "new"]);
});

test("of two writers at any moments, one has its content there, whole", () => {
  for (let interruptAt = 0; ; interruptAt += 1) {
    const disk = diskWith({ "/d/file": "old" });
    const fileSystem = withFaults(disk, ({ index }) => {
      if (index === interruptAt) writeAtomicSync("/d/file", "other", { fileSystem: disk });
    });
    writeAtomicSync("/d/file", "own", { fileSystem });
    expect([{ "/d/file": "own" }, { "/d/file": "other" }]).toContainEqual(treeOf(disk));
    if (interruptAt >= fileSystem.callCount) break;
  }
});

test("replaceFile writes content as it is made, and returns what its maker returns", () => {
  writeFileSync(at("file"), "old", { mode: 0o600 });
  const count = runSync(
    replaceFile(nodeFileSystem, at("file"), undefined, function* (file): Steps<number> {
      for (const line of ["one\n", "two\n"]) {
        appendFully(file, new TextEncoder().encode(line));
        yield { kind: "progress", bytesDone: 0, bytesTotal: 0 };
      }
      return 2;
    }),
  );
  expect(count).toBe(2);
  expect(text("file")).toBe("one\ntwo\n");
  expect(statSync(at("file")).mode & 0o7777).toBe(0o600);
});
