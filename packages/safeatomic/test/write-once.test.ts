import { spawn } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text as readAll } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type FileSystem,
  writeOnce,
  writeOnceSync,
  writeOnceWithParents,
  writeOnceWithParentsSync,
} from "../src/index.js";
import { StoppedError, withFaults } from "../src/testing/index.js";
import { compilePackage } from "./kit/compiled-package.js";
import { overriding } from "./kit/overriding.js";
import { diskWith, textOf, treeOf } from "./kit/simulated-tree.js";

let directory: string;
const at = (name: string) => join(directory, name);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "write-once-"));
});

afterEach(() => rmSync(directory, { recursive: true }));

test("the first call makes the file, later ones change nothing", async () => {
  expect(await writeOnce(at("file"), "first")).toBe(true);
  expect(await writeOnce(at("file"), "second")).toBe(false);
  expect(writeOnceSync(at("file"), "third")).toBe(false);
  expect(readFileSync(at("file"), "utf8")).toBe("first");
  expect(readdirSync(directory)).toEqual(["file"]);
});

test("whatever has the name keeps it: a directory, and a link that leads nowhere", () => {
  mkdirSync(at("directory"));
  symlinkSync("missing", at("link"));
  expect(writeOnceSync(at("directory"), "new")).toBe(false);
  expect(writeOnceSync(at("link"), "new")).toBe(false);
  expect(readdirSync(directory).sort()).toEqual(["directory", "link"]);
});

test("writeOnce makes no directories; writeOnceWithParents makes those that are missing", async () => {
  await expect(writeOnce(at("a/b/file"), "new")).rejects.toMatchObject({
    code: "ERR_DATAWAL_FILE_IO",
    errno: "ENOENT",
  });
  expect(readdirSync(directory)).toEqual([]);
  expect(await writeOnceWithParents(at("a/b/file"), "new")).toBe(true);
  expect(writeOnceWithParentsSync(at("a/b/file"), "newer")).toBe(false);
  expect(readFileSync(at("a/b/file"), "utf8")).toBe("new");
});

test("writeOnceWithParents refuses a file where a directory is needed", async () => {
  writeFileSync(at("file"), "kept");
  const call = writeOnceWithParents(at("file/below/name"), "new");
  await expect(call).rejects.toMatchObject({
    code: "ERR_DATAWAL_NOT_A_DIRECTORY",
    path: at("file"),
    actual: "file",
  });
});

test("a name found taken is durable, also where its maker was killed before it was", async () => {
  const disk = diskWith({ "/d/file": "" });
  const dying = withFaults(disk, ({ operation }) =>
    operation === "fsyncDirectorySync" ? "stop" : undefined,
  );
  expect(() => writeOnceSync("/d/new", "first", { fileSystem: dying })).toThrow(StoppedError);
  expect(await writeOnce("/d/new", "second", { fileSystem: disk })).toBe(false);
  disk.cutPower();
  expect(treeOf(disk)).toEqual({ "/d/file": "", "/d/new": "first" });
});

test("a temporary name that is taken is not mistaken for the file's own", () => {
  const disk = diskWith({ "/d/new.7.new": "not ours" });
  const fileSystem = overriding<FileSystem>(disk, { uniqueSuffix: () => "7" });
  expect(() => writeOnceSync("/d/new", "first", { fileSystem })).toThrow(
    expect.objectContaining({ errno: "EEXIST" }),
  );
  expect(treeOf(disk)).toEqual({ "/d/new.7.new": "not ours" });
});

test("the mode is that of the options", () => {
  const disk = diskWith({ "/d/file": "" });
  writeOnceSync("/d/new", "x", { fileSystem: disk, mode: 0o600 });
  expect(disk.stat("/d/new")?.mode).toBe(0o600);
});

describe("of two calls, at whatever moment of one the other comes,", () => {
  /** Lets another call come before each call of the port in turn; tells which of the two made the file. */
  function race(plant: (fileSystem: FileSystem) => FileSystem = (same) => same): string[] {
    const winners: string[] = [];
    for (let interruptAt = 0; ; interruptAt += 1) {
      const disk = diskWith({ "/d/file": "" });
      let other: boolean | undefined;
      const fileSystem = withFaults(plant(disk), ({ index }) => {
        if (index === interruptAt) other = writeOnceSync("/d/new", "other", { fileSystem: plant(disk) });
      });
      const own = writeOnceSync("/d/new", "own", { fileSystem });
      if (other === undefined) return winners;
      expect(treeOf(disk)).toEqual({ "/d/file": "", "/d/new": textOf(disk, "/d/new") });
      winners.push(`${own ? "own" : ""}${other ? "other" : ""}: ${textOf(disk, "/d/new")}`);
    }
  }

  test("exactly one makes the file, and it has that one's content", () => {
    expect([...new Set(race())].sort()).toEqual(["other: other", "own: own"]);
  });

  test("two would make it if link replaced what is there: the check can fail", () => {
    const replacing = (fileSystem: FileSystem) =>
      overriding(fileSystem, {
        link: (from, to) => {
          if (fileSystem.stat(to)) fileSystem.removeFile(to);
          fileSystem.link(from, to);
        },
      });
    expect(race(replacing)).toContain("ownother: own");
  });
});

test("of processes that race for many files, exactly one makes each", async () => {
  const FILES = 100;
  const { url } = compilePackage(directory);
  const script = `
    import { writeOnce } from ${JSON.stringify(url)};
    process.stdout.write("ready\\n");
    await new Promise((go) => process.stdin.once("data", go));
    const made = [];
    for (let file = 0; file < ${FILES}; file += 1) {
      if (await writeOnce(${JSON.stringify(directory)} + "/" + file, String(process.pid))) made.push(file);
    }
    process.stdout.write(JSON.stringify({ pid: process.pid, made }));
    process.exitCode = 0;
    process.stdin.destroy();
  `;
  const racers = [1, 2].map(() => spawn(process.execPath, ["--input-type=module", "-e", script]));
  await Promise.all(racers.map((racer) => new Promise((ready) => racer.stdout.once("data", ready))));
  for (const racer of racers) racer.stdin.end("go");
  const results = await Promise.all(racers.map(async (racer) => JSON.parse(await readAll(racer.stdout))));
  const makers = new Map<number, string>();
  for (const { pid, made } of results) {
    for (const file of made) {
      expect(makers.has(file)).toBe(false);
      makers.set(file, String(pid));
    }
  }
  expect(makers.size).toBe(FILES);
  for (const [file, pid] of makers) expect(readFileSync(at(String(file)), "utf8")).toBe(pid);
});
