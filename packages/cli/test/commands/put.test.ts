import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { DataWal } from "datawal";
import { expect, test } from "vitest";
import { runCommand } from "../kit/run-command.js";
import {
  damagedStore,
  fingerprint,
  freshPath,
  madeStore,
  PAIRS,
  rottenStore,
  segmentPath,
  tornStore,
} from "../kit/stores.js";

async function storedValue(store: string, key: string): Promise<string> {
  return (await runCommand(["get", store, "--key", key, "--bytes", "raw"])).stdout;
}

test("the key has the value then, and where it lies is said", async () => {
  const store = await madeStore(PAIRS);
  const { code, stdout, stderr } = await runCommand(["put", store, "--key", "new key", "Grüße"]);
  expect(stdout).toBe(
    'schema:    datawal.cli.v1\nkind:      put\nkey:       "new key"\nvalue_len: 7\nsegment:   1\noffset:    120\nlen:       42\n',
  );
  expect([code, stderr]).toEqual([0, ""]);
  expect(await storedValue(store, "new key")).toBe("Grüße");
});

test("key and value are two words, too", async () => {
  const store = await madeStore(PAIRS);
  expect((await runCommand(["put", store, "k", "v"])).code).toBe(0);
  expect(await storedValue(store, "k")).toBe("v");
  expect((await runCommand(["delete", store, "k"])).code).toBe(0);
  expect((await runCommand(["get", store, "k"])).code).toBe(2);
});

test("JSON says the same, the key in base64", async () => {
  const store = await madeStore(PAIRS);
  expect((await runCommand(["put", store, "--key-hex", "ff", "v", "--json"])).stdout).toBe(
    '{"schema":"datawal.cli.v1","kind":"put","key_base64":"/w==","value_len":1,"segment":1,"offset":120,"len":30}\n',
  );
});

test.each([[["-"]], [["--file", "-"]]])("the value of %j is standard input, to the byte", async (words) => {
  const store = await madeStore(PAIRS);
  const { code } = await runCommand(["put", store, "--key", "k", ...words], undefined, ["two\n", "lines\n"]);
  expect(code).toBe(0);
  expect(await storedValue(store, "k")).toBe("two\nlines\n");
});

test("the value of --file is the file's bytes, behind a link too", async () => {
  const store = await madeStore(PAIRS);
  const [file, link] = [freshPath("value"), freshPath("link")];
  writeFileSync(file, "from a file");
  symlinkSync(file, link);
  await runCommand(["put", store, "--key", "k", "--file", link]);
  expect(await storedValue(store, "k")).toBe("from a file");
});

test("a value that looks like an option stands behind --", async () => {
  const store = await madeStore(PAIRS);
  await runCommand(["put", store, "--key", "k", "--", "--value"]);
  expect(await storedValue(store, "k")).toBe("--value");
});

test.each([
  [[], "expected VALUE, - for standard input, or --file FILE, found neither"],
  [["v", "--file", "f"], "expected VALUE, - for standard input, or --file FILE, found both"],
  [
    ["--file", "/no/such/file"],
    "/no/such/file: expected a file that can be read, the file system said ENOENT",
  ],
])("with %j nothing is changed", async (words, message) => {
  const store = freshPath("store");
  const { code, stderr } = await runCommand(["put", store, "--create", "--key", "k", ...words]);
  expect(code).toBe(1);
  expect(stderr).toContain(message);
  expect(existsSync(store)).toBe(false);
});

test("a missing store, or a directory without a segment, is made with --create and only then", async () => {
  const missing = freshPath("missing");
  const refused = await runCommand(["put", missing, "--key", "k", "v"]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/found nothing; .*; to make one add --create\n$/);
  expect(existsSync(missing)).toBe(false);
  const empty = freshPath("empty");
  mkdirSync(empty);
  const before = fingerprint(empty);
  const alsoRefused = await runCommand(["put", empty, "--key", "k", "v"]);
  expect(alsoRefused.stderr).toContain("found a directory without one; ");
  expect(fingerprint(empty)).toBe(before);
  for (const store of [missing, empty]) {
    expect((await runCommand(["put", store, "--key", "k", "v", "--create"])).code).toBe(0);
    expect(await storedValue(store, "k")).toBe("v");
  }
});

test("a torn tail is cut off and kept, and stderr says where", async () => {
  const store = await tornStore();
  const { code, stderr } = await runCommand(["put", store, "--key", "k", "v"]);
  expect([code, stderr]).toEqual([
    0,
    `datawal: put: a torn tail of 37 bytes was cut off (kept in ${store}/00000001.cut-80)\n`,
  ]);
  expect((await runCommand(["report", store])).code).toBe(0);
});

test("a damaged store is left as it is: 3, and the message names repair", async () => {
  for (const store of [await damagedStore(), await rottenStore()]) {
    const before = fingerprint(store);
    const { code, stderr } = await runCommand(["put", store, "--key", "k", "v", "--create"]);
    expect(code).toBe(3);
    expect(stderr).toContain(`datawal repair ${store} --to NEW\n`);
    expect(fingerprint(store)).toBe(before);
  }
});

test("beside another writer it gives up, naming it", async () => {
  const store = freshPath("store");
  await using db = await DataWal.open(store);
  db.put("k", "v");
  const { code, stderr } = await runCommand(["put", store, "--key", "k", "v"]);
  expect(code).toBe(1);
  expect(stderr).toBe(
    `datawal: error: ${store}: expected that nobody writes to it, found it locked by process ${process.pid}; let that end, or only read; to look again: datawal locks ${store}\n`,
  );
});

// What is left of a store whose only segment is gone says that records had been synced there: `--create` forgot that.
test("--create makes no new store where the segments of one are gone", async () => {
  const store = await madeStore(PAIRS);
  rmSync(segmentPath(store));
  const { code, stderr } = await runCommand(["put", store, "--key", "k", "--create", "v"]);
  expect(code).toBe(3);
  expect(stderr).toContain("which was synced: acknowledged records are missing");
  expect(existsSync(segmentPath(store))).toBe(false);
});
