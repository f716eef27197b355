import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DataWal } from "datawal";
import { expect, test } from "vitest";
import { parsedLine, runCommand } from "../kit/run-command.js";
import {
  damagedStore,
  fixtureStore,
  freshPath,
  gappedStore,
  madeStore,
  PAIRS,
  rottenStore,
  tornStore,
} from "../kit/stores.js";

const BINARY = Uint8Array.of(0, 1, 0xfe, 0xff);

test.each([
  ["beta"],
  ["--key", "beta"],
  ["-k", "beta"],
  ["--key-base64", "YmV0YQ=="],
  ["--key-hex", "62657461"],
  ["--key-hex", "6265746A".replace("6A", "61")],
])("a key given by %s %s is found", async (...key) => {
  const { code, stdout, stderr } = await runCommand(["get", fixtureStore("smoke"), ...key]);
  expect([code, stdout, stderr]).toEqual([0, "22\n", ""]);
});

test("a hit as JSON has the reference's fields in their order", async () => {
  const { stdout } = await runCommand(["get", fixtureStore("smoke"), "--key", "beta", "--json"]);
  expect(stdout).toBe(
    '{"schema":"datawal.cli.v1","kind":"value","key_base64":"YmV0YQ==","value_base64":"MjI=","value_len":2}\n',
  );
});

test("a miss is 2, told on stderr or as JSON", async () => {
  const store = fixtureStore("smoke");
  const human = await runCommand(["get", store, "--key", "absent"]);
  expect(human).toMatchObject({ code: 2, stdout: "", stderr: "datawal: get: key not found\n" });
  const json = await runCommand(["get", store, "--key", "absent", "--json"]);
  expect(json).toMatchObject({
    code: 2,
    stdout: '{"schema":"datawal.cli.v1","kind":"miss","key_base64":"YWJzZW50"}\n',
  });
});

test("the empty key is a key", async () => {
  const store = await madeStore([["", "of the empty key"]]);
  expect((await runCommand(["get", store, "--key", ""])).stdout).toBe("of the empty key\n");
});

test.each([
  [
    ["--key-base64", "YmV0YQ"],
    'invalid --key-base64: expected the standard alphabet with padding, such as "YmV0YQ==", got "YmV0YQ"',
  ],
  [
    ["--key-base64", "YmV0YR=="],
    'invalid --key-base64: expected the standard alphabet with padding, such as "YmV0YQ==", got "YmV0YR=="',
  ],
  [
    ["--key-base64", "-_-_"],
    'invalid --key-base64: expected the standard alphabet with padding, such as "+/+/", got "-_-_"',
  ],
  [["--key-hex", "abc"], "invalid --key-hex: odd length"],
  [["--key-hex", "0x62"], "invalid --key-hex: non-hex byte 'x'"],
  [["--key-hex", "\u001b]"], "invalid --key-hex: non-hex byte '\\x1b'"],
  [[], "pass exactly one of KEY, --key, --key-base64, or --key-hex; see: datawal help get"],
  [["a", "--key", "a"], "pass exactly one of KEY, --key, --key-base64, or --key-hex; see: datawal help get"],
])("with %j the store is not even looked for", async (key, message) => {
  const { code, stderr } = await runCommand(["get", "no-such-store", ...key]);
  expect([code, stderr]).toEqual([1, `datawal: error: ${message}\n`]);
});

test("two keys are a wrong argument", async () => {
  const { code, stderr } = await runCommand(["get", "store", "--key", "a", "--key-hex", "62"]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/cannot be used with/);
});

test("a key longer than any record's is a miss", async () => {
  const { code } = await runCommand(["get", fixtureStore("smoke"), "--key", "k".repeat(65536)]);
  expect(code).toBe(2);
});

test("a value is written whole, however long", async () => {
  const value = "0123456789".repeat(20_000);
  const store = await madeStore([["k", value]]);
  expect((await runCommand(["get", store, "--key", "k"])).stdout).toBe(`${value}\n`);
  expect((await runCommand(["get", store, "--key", "k", "--no-truncate"])).stdout).toBe(`${value}\n`);
});

test("UTF-8 text of several lines is text", async () => {
  const store = await madeStore([["k", "Grüße,\nκόσμε\tעולם\n"]]);
  expect((await runCommand(["get", store, "--key", "k"])).stdout).toBe("Grüße,\nκόσμε\tעולם\n\n");
});

test("raw is the exact bytes and nothing else", async () => {
  const store = await madeStore([["k", BINARY]]);
  const { code, stdoutBytes, stderr } = await runCommand(["get", store, "--key", "k", "--bytes", "raw"]);
  expect([code, [...stdoutBytes], stderr]).toEqual([0, [...BINARY], ""]);
});

test("base64 and hex are bare encodings", async () => {
  const store = await madeStore([["k", BINARY]]);
  const encoded = async (form: string) =>
    (await runCommand(["get", store, "--key", "k", "--bytes", form])).stdout;
  expect(await encoded("base64")).toBe("AAH+/w==\n");
  expect(await encoded("hex")).toBe("0001feff\n");
});

test("a value that is no text is shown in base64, and stderr says so", async () => {
  const store = await madeStore([["k", BINARY]]);
  const { code, stdout, stderr } = await runCommand(["get", store, "--key", "k"]);
  expect([code, stdout]).toEqual([0, "b64:AAH+/w==\n"]);
  expect(stderr).toContain("--bytes raw");
});

test("escape sequences never reach a terminal as they are", async () => {
  const store = await madeStore([["k", "\x1b]0;owned\x07 \u202etxt"]]);
  for (const form of ["auto", "raw"]) {
    const { stdout, stderr } = await runCommand(["get", store, "--key", "k", "--bytes", form], 80);
    for (const unsafe of ["\x1b", "\x07", "\u202e"]) expect(stdout + stderr).not.toContain(unsafe);
  }
});

test("raw bytes that are no text are refused to a terminal", async () => {
  const store = await madeStore([["k", BINARY]]);
  const { code, stdout, stderr } = await runCommand(["get", store, "--key", "k", "--bytes", "raw"], 200);
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toContain("expected a pipe or a file to write 4 raw bytes to, found a terminal");
});

test("text with an order of its own is escaped in a terminal, and exact in a pipe", async () => {
  const store = await madeStore([["k", "abc\u202ecba"]]);
  expect((await runCommand(["get", store, "--key", "k"], 80)).stdout).toBe("abc\\u{202e}cba\n");
  expect((await runCommand(["get", store, "--key", "k"])).stdout).toBe("abc\u202ecba\n");
});

test("a hit in a torn store is 0, with a line on stderr", async () => {
  const { code, stdout, stderr } = await runCommand(["get", await tornStore(), "--key", "key-2"]);
  expect([code, stdout]).toEqual([0, "value-2\n"]);
  expect(stderr).toMatch(
    /^datawal: get: the log ends before 37 unreadable bytes \(00000001\.dwal, offset 80.*\n$/,
  );
});

test.each([
  ["valid frames lie beyond damage", rottenStore],
  ["a sealed segment is damaged", damagedStore],
])("where %s, a value in front of it is printed, and said to be perhaps stale: 3", async (_, makeStore) => {
  const store = await makeStore();
  const { code, stdout, stderr } = await runCommand(["get", store, "--key", "key-1"]);
  expect([code, stdout]).toEqual([3, "value-1\n"]);
  expect(stderr).toMatch(/^datawal: get: may be stale: .*\nschema: /);
  expect(stderr).toContain("verdict:             damaged\n");
  expect(stderr).toContain(`datawal repair ${store} --to NEW\n`);
  const json = await runCommand(["get", store, "--key", "key-1", "--json"]);
  expect(json.stdout).toMatch(/,"value_len":7,"may_be_stale":true[,}]/);
});

test("a key whose records all lie behind damage in a segment is no miss without a word", async () => {
  const store = await rottenStore();
  const { code, stderr } = await runCommand(["get", store, "--key", "key-3"]);
  expect(code).toBe(3);
  expect(stderr).toContain(`valid records behind damage: 1, printed by: datawal scan ${store} --beyond\n`);
  expect(parsedLine(await runCommand(["get", store, "--key", "key-3", "--json"]))).toMatchObject({
    kind: "miss",
    may_be_stale: true,
    valid_frames_beyond: 1,
  });
});

test("a value behind all damage is the newest, and is said to be: 3", async () => {
  const store = await damagedStore();
  const { code, stdout, stderr } = await runCommand(["get", store, "--key", "key-3"]);
  expect([code, stdout]).toEqual([3, "value-3\n"]);
  expect(stderr).toMatch(/^datawal: get: not all of the log could be read; .* is the newest\nschema: /);
  expect((await runCommand(["get", store, "--key", "key-3", "--json"])).stdout).not.toContain("stale");
});

test("a key that is not in what can be read may be in the rest: 3", async () => {
  const store = await damagedStore();
  const { code, stdout, stderr } = await runCommand(["get", store, "--key", "key-2"]);
  expect([code, stdout]).toEqual([3, ""]);
  expect(stderr).toMatch(/^datawal: get: key not found\ndatawal: get: may be stale: /);
  const json = await runCommand(["get", store, "--key", "key-2", "--json"]);
  expect(json).toMatchObject({ code: 3, stdout: expect.stringContaining('"kind":"miss"') });
  expect(parsedLine(json)).toMatchObject({ may_be_stale: true });
});

test("a key that was deleted behind all damage is not there for sure: 3", async () => {
  const store = await damagedStore(["key-1"]);
  const { code, stdout, stderr } = await runCommand(["get", store, "--key", "key-1", "--json"]);
  expect(code).toBe(3);
  expect(stdout).toBe('{"schema":"datawal.cli.v1","kind":"miss","key_base64":"a2V5LTE="}\n');
  expect(stderr).not.toContain("stale");
});

// Txids jump over what a compaction has removed, and that was taken for records that are missing.
test("nothing is stale where a compaction has removed what lay between, or a group lies behind", async () => {
  const store = await madeStore([["kept", "1"]]);
  using db = DataWal.openSync(store);
  db.rotateSync();
  for (let times = 0; times < 3; times++) db.put("again", "x");
  db.rotateSync();
  db.batch(["a", "b"].map((key) => ({ type: "put", key, value: key })));
  db.compactSync();
  db.closeSync();
  const { code, stdout, stderr } = await runCommand(["get", store, "--key", "kept"]);
  expect([code, stdout, stderr]).toEqual([0, "1\n", ""]);
  expect((await runCommand(["get", store, "--key", "kept", "--json"])).stdout).not.toContain("stale");
});

test("where a segment is missing, a value in front of it is said to be perhaps stale: 0", async () => {
  const store = await gappedStore();
  const before = await runCommand(["get", store, "--key", "key-1"]);
  expect(before).toMatchObject({ code: 0, stdout: "value-1\n" });
  expect(before.stderr).toBe(
    `datawal: get: may be stale: segment 2 is missing between its neighbours: its records are gone; to see all that is wrong: datawal verify ${store}\n`,
  );
  const behind = await runCommand(["get", store, "--key", "key-3"]);
  expect(behind).toMatchObject({ code: 0, stdout: "value-3\n" });
  expect(behind.stderr).toMatch(/^datawal: get: segment 2 is missing/);
});

test("where txids are missing, as after a repair, a value in front of them is said to be perhaps stale", async () => {
  const [store, repaired] = [await damagedStore(), freshPath("repaired")];
  await runCommand(["repair", store, "--to", repaired]);
  const { code, stdout, stderr } = await runCommand(["get", repaired, "--key", "key-1"]);
  expect([code, stdout]).toEqual([0, "value-1\n"]);
  expect(stderr).toMatch(/^datawal: get: may be stale: .*expected txid 2, found 3 /);
});

test("where a repair was interrupted, records may be in its journal alone", async () => {
  const store = await madeStore(PAIRS);
  writeFileSync(join(store, "00000001.tail"), "");
  const { code, stdout, stderr } = await runCommand(["get", store, "--key", "key-3"]);
  expect([code, stdout]).toEqual([0, "value-3\n"]);
  expect(stderr).toMatch(/^datawal: get: may be stale: .*00000001\.tail belongs to a repair/);
});

test("the last of several values is found, and none after a deletion", async () => {
  const store = await madeStore([...PAIRS, ["key-1", "newer"]], { segmentBytesMax: 1 });
  expect((await runCommand(["get", store, "--key", "key-1"])).stdout).toBe("newer\n");
  await runCommand(["delete", store, "--key", "key-1"]);
  expect((await runCommand(["get", store, "--key", "key-1"])).code).toBe(2);
  await runCommand(["put", store, "--key", "key-1", ""]);
  expect(await runCommand(["get", store, "--key", "key-1"])).toMatchObject({ code: 0, stdout: "\n" });
});
