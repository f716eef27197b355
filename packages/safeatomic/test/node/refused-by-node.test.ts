import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { OpenFile } from "../../src/index.js";
import { appendFully } from "../../src/internal.js";
import { compilePackage } from "../kit/compiled-package.js";

let directory: string;
let url: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "refused-by-node-"));
  url = compilePackage(directory).url;
});
afterAll(() => rmSync(directory, { recursive: true }));

function run(script: string, args: string[] = []): string {
  const { stdout, stderr } = spawnSync(process.execPath, [...args, "--input-type=module", "-e", script], {
    encoding: "utf8",
  });
  return stdout || stderr;
}

const writing = (name: string, path: string) => `
  const { ${name} } = await import(${JSON.stringify(url)});
  try { await ${name}(${JSON.stringify(path)}, "content"); console.log("ok"); }
  catch (error) { console.log(error.code, error.errno, error.message); }`;

const FLAG = process.allowedNodeEnvironmentFlags.has("--permission")
  ? "--permission"
  : "--experimental-permission";

// Every write ended with a raw ERR_ACCESS_DENIED, and the append had been made by then.
describe("under Node's permission model", () => {
  test.each(["writeAtomic", "writeOnce", "writeAppendFsync"])(
    "%s works, or says why and has written nothing",
    (name) => {
      const folder = join(directory, `permitted-${name}`);
      mkdirSync(folder);
      const args = ["--no-warnings", FLAG, "--allow-fs-read=*", `--allow-fs-write=${folder}/*`];
      const told = run(writing(name, join(folder, "file")), args);
      if (told === "ok\n") return expect(readdirSync(folder)).toEqual(["file"]);
      expect(told).toMatch(/^ERR_DATAWAL_FILE_IO EACCES .*Node's permission model refuses it/);
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  test("a directory that may not be written is told", () => {
    const args = ["--no-warnings", FLAG, "--allow-fs-read=*"];
    expect(run(writing("writeAtomic", join(directory, "file")), args)).toMatch(
      /^ERR_DATAWAL_FILE_IO EACCES .*Node's permission model refuses it/,
    );
  });
});

test("a relative path where the current directory has been removed is told", () => {
  const gone = join(directory, "gone");
  mkdirSync(gone);
  // Going there anew: Node remembers where it was.
  const script = `process.chdir(${JSON.stringify(gone)}); (await import("node:fs")).rmdirSync(${JSON.stringify(gone)}); ${writing("writeAtomic", "file")}`;
  expect(run(script)).toMatch(
    /^ERR_DATAWAL_FILE_IO ENOENT .*the current directory has been removed: give an absolute path/,
  );
});

// Node refuses them with ERR_OUT_OF_RANGE. An array of that size is not made: nothing of it is looked at.
test("two gibibytes and more are appended by several writes", () => {
  const bytes = { length: 2 ** 31 + 5 } as Uint8Array;
  const writes: [offset: number, count: number][] = [];
  const file = {
    append(_: Uint8Array, offset: number, count: number) {
      writes.push([offset, count]);
      return count;
    },
  } as OpenFile;
  appendFully(file, bytes);
  expect(writes).toEqual([
    [0, 2 ** 30],
    [2 ** 30, 2 ** 30],
    [2 ** 31, 5],
  ]);
});
