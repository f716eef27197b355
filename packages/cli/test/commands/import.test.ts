import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { runCommand } from "../kit/run-command.js";
import { freshPath, madeStore, PAIRS } from "../kit/stores.js";

const LINE = '{"key_b64":"YQ==","value_b64":"MQ=="}\n';

function fileOf(content: string): string {
  const path = freshPath("lines");
  writeFileSync(path, content);
  return path;
}

test("what export wrote comes back", async () => {
  const exported = freshPath("out.jsonl");
  await runCommand(["export", await madeStore(PAIRS), exported]);
  const store = freshPath("store");
  const { code, stdout } = await runCommand(["import", store, exported, "--create"]);
  expect([code, stdout]).toEqual([
    0,
    "schema:           datawal.cli.v1\nkind:             import\nrecords_imported: 3\n",
  ]);
  const again = freshPath("out.jsonl");
  await runCommand(["export", store, again]);
  expect(readFileSync(again)).toEqual(readFileSync(exported));
});

test("- is standard input, cut anywhere", async () => {
  const store = freshPath("store");
  const chunks = [LINE.slice(0, 7), LINE.slice(7)];
  const { stdout } = await runCommand(["import", store, "-", "--create", "--json"], undefined, chunks);
  expect(stdout).toBe('{"schema":"datawal.cli.v1","kind":"import","records_imported":1}\n');
  expect((await runCommand(["get", store, "--key", "a"])).stdout).toBe("1\n");
});

test("a bad line is named by its number, and those before it are imported", async () => {
  const store = freshPath("store");
  const file = fileOf(`${LINE}\n{"key_b64":7}\n${LINE}`);
  const { code, stdout, stderr } = await runCommand(["import", store, file, "--create"]);
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toBe(
    `datawal: error: ${file}: line 3: expected {"key_b64":"...","value_b64":"..."}, found an object with other members; the 1 records before it were imported: correct the line and import again (a pair that is put twice is the same pair)\n`,
  );
  expect((await runCommand(["get", store, "--key", "a"])).stdout).toBe("1\n");
});

test("a byte order mark is named, and --raw passes over it, however it is cut", async () => {
  const store = freshPath("store");
  const file = fileOf(`\ufeff${LINE}`);
  const { code, stderr } = await runCommand(["import", store, file, "--create"]);
  expect([code, stderr]).toEqual([1, expect.stringContaining("line 1: expected")]);
  expect(stderr).toContain("found a byte order mark in front of it");
  await runCommand(["import", store, file, "--raw", "--create"]);
  expect((await runCommand(["cat", store])).stdout).toBe(LINE);
  const inPieces = ["", "\ufeff", "a", "\ufeffb\n"];
  await runCommand(["import", store, "-", "--raw"], undefined, inPieces);
  expect((await runCommand(["cat", store])).stdout).toBe(`${LINE}a\ufeffb\n`);
});

// It left an empty store, which looked like one that had lost all it held.
test("an import that brings nothing leaves no store that it made, and a directory that was there as it was", async () => {
  const [store, directory] = [freshPath("store"), freshPath("directory")];
  mkdirSync(directory);
  for (const path of [store, directory])
    expect((await runCommand(["import", path, fileOf("no line\n"), "--create"])).code).toBe(1);
  expect([existsSync(store), readdirSync(directory)]).toEqual([false, []]);
});

test("raw lines are appended as they are, and cat gives them back", async () => {
  const content = "one\n\ntwo words\r\nlast without an end";
  const store = freshPath("store");
  const file = await runCommand(["import", store, fileOf(content), "--raw", "--create"]);
  expect(file.stdout).toContain("records_imported: 4\n");
  expect((await runCommand(["cat", store])).stdout).toBe(`${content}\n`);
  const more = await runCommand(["import", store, "-", "--raw"], undefined, ["cut any", "where\n"]);
  expect(more.code).toBe(0);
  expect((await runCommand(["cat", store])).stdout).toBe(`${content}\ncut anywhere\n`);
});

test("a missing file is told before a store is made for it", async () => {
  const store = freshPath("store");
  const missing = freshPath("missing");
  const { code, stderr } = await runCommand(["import", store, missing, "--create"]);
  expect(code).toBe(1);
  expect(stderr).toBe(
    `datawal: error: ${missing}: expected a file that can be read, the file system said ENOENT; check the path, or use - to read from a pipe\n`,
  );
  expect(existsSync(store)).toBe(false);
});

test("a missing store is made with --create and only then", async () => {
  const store = freshPath("store");
  const { code, stderr } = await runCommand(["import", store, fileOf(LINE)]);
  expect(code).toBe(1);
  expect(stderr).toContain("; to make one add --create\n");
  expect(existsSync(store)).toBe(false);
});
