import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { encodeRecord, RecordType } from "@datawal/format";
import { DataWal } from "datawal";
import { expect, test } from "vitest";
import { expectLinesOfSchema } from "../kit/json-schema.js";
import { runCommand } from "../kit/run-command.js";
import {
  damagedStore,
  fixtureNames,
  fixtureStore,
  freshPath,
  madeStore,
  manifest,
  PAIRS,
  rottenStore,
  segmentPath,
  tornStore,
} from "../kit/stores.js";

test("each record is a line in the reference's columns", async () => {
  const { code, stdout, stderr } = await runCommand(["scan", fixtureStore("smoke")]);
  expect(stdout).toBe(
    [
      "seg=00000001 off=         0 len=      34 type=PUT txid=         1 key=alpha payload=1",
      "seg=00000001 off=        34 len=      34 type=PUT txid=         2 key=beta payload=22",
      "seg=00000001 off=        68 len=      36 type=PUT txid=         3 key=gamma payload=333",
      "seg=00000001 off=       104 len=      37 type=PUT txid=         4 key=delta payload=4444",
      "",
    ].join("\n"),
  );
  expect([code, stderr]).toEqual([0, ""]);
});

test("a JSON line has the reference's fields in their order", async () => {
  const { stdout } = await runCommand(["scan", "--json", fixtureStore("smoke"), "--limit", "1"]);
  expect(stdout).toBe(
    '{"schema":"datawal.cli.v1","kind":"record","segment":1,"offset":0,"len":34,"record_type":"Put","txid":1,"key_base64":"YWxwaGE=","payload_base64":"MQ=="}\n',
  );
});

test.each(fixtureNames.filter((name) => !manifest[name]?.open_error))(
  "of %s every record is printed that the reference sees",
  async (name) => {
    const { stdout } = await runCommand(["scan", "--json", fixtureStore(name)]);
    expect(stdout.split("\n").length - 1).toBe(manifest[name]!.records);
  },
);

test("the head of a group is shown as what it is, and what follows it is no gap", async () => {
  const store = await madeStore([["first", "1"]]);
  using db = DataWal.openSync(store);
  db.batch(["a", "b"].map((key) => ({ type: "put", key, value: key })));
  db.closeSync();
  const { stdout, stderr } = await runCommand(["scan", store]);
  expect(stdout.split("\n").map((line) => line.match(/ \(head.*$/)?.[0])).toEqual([
    undefined,
    " (head of a group of 2)",
    undefined,
    undefined,
    undefined,
  ]);
  expect(stderr).toBe("");
  for (const command of ["scan", "dump"]) {
    const json = await runCommand([command, store, "--json"]);
    expectLinesOfSchema(json.stdout);
    expect(json.stdout.split("\n")[1]).toMatch(/","group":\{"version":1,"records":2,"bytes":60\}\}$/);
  }
  expect((await runCommand(["dump", store])).stdout).toMatch(/ payload_len=20 \(head of a group of 2\)\n/);
  expect((await runCommand(["cat", store, "--values"])).stdout).toBe("1\na\nb\n");
  expect(await runCommand(["get", store, "--key", "first"])).toMatchObject({
    code: 0,
    stdout: "1\n",
    stderr: "",
  });
});

test("a txid above 2^53 is printed with all its digits", async () => {
  const store = await madeStore([]);
  const txid = 2n ** 64n - 2n;
  writeFileSync(segmentPath(store), encodeRecord({ type: RecordType.Raw, txid, payload: "" }));
  const { stdout } = await runCommand(["scan", store, "--json"]);
  expect(stdout).toContain('"txid":18446744073709551614,');
  expect((await runCommand(["report", store])).stdout).toContain(
    "last_txid_seen:      18446744073709551614\n",
  );
});

test("a limit of 0 prints none, and the exit code still speaks for the whole store", async () => {
  const { code, stdout } = await runCommand(["scan", await tornStore(), "--limit", "0"]);
  expect([code, stdout]).toEqual([2, ""]);
});

test("records before the position asked for are passed over and do not count for the limit", async () => {
  const store = await madeStore(PAIRS);
  const from = ["--from-segment", "1", "--from-offset", "40", "--limit", "1"];
  const { stdout } = await runCommand(["scan", store, ...from]);
  expect(stdout).toMatch(/^seg=00000001 off= +40 .*key=key-2 payload=value-2\n$/);
  expect((await runCommand(["scan", store, "--from-segment", "2"])).stdout).toBe("");
});

test("an offset without a segment is a wrong argument", async () => {
  const { code, stderr } = await runCommand(["scan", await tornStore(), "--from-offset", "0"]);
  expect([code, stderr]).toEqual([
    1,
    "datawal: error: --from-offset needs --from-segment; see: datawal help scan\n",
  ]);
});

test.each(["-1", "1.5", "abc", "18446744073709551616"])(
  "a limit of %s is a wrong argument",
  async (limit) => {
    const { code, stderr } = await runCommand(["scan", "store", `--limit=${limit}`]);
    expect(code).toBe(1);
    expect(stderr).toContain("Expected a whole number from 0 to 18446744073709551615;");
  },
);

test("long fields are cut with a mark that says how much is left out, unless asked not to", async () => {
  const store = await madeStore([["k", "v".repeat(100)]]);
  expect((await runCommand(["scan", store])).stdout).toContain(`payload=${"v".repeat(64)}...(+36 bytes)\n`);
  expect((await runCommand(["scan", store, "--no-truncate"])).stdout).toContain(
    `payload=${"v".repeat(100)}\n`,
  );
  expect((await runCommand(["scan", store, "--json"])).stdout).toContain(
    Buffer.from("v".repeat(100)).toString("base64"),
  );
});

test("in a narrow terminal a line has no padding and shorter fields", async () => {
  const store = await madeStore([["k", "v".repeat(100)]]);
  const { stdout } = await runCommand(["scan", store], 60);
  expect(stdout).toBe(`seg=1 off=0 len=129 type=PUT txid=1 key=k payload=${"v".repeat(16)}...(+84 bytes)\n`);
});

test("raw fields are exact bytes in a pipe, and never reach a terminal as they are", async () => {
  const store = await madeStore([["k", Uint8Array.of(0x1b, 0x5b, 0xff)]]);
  const piped = await runCommand(["scan", store, "--bytes", "raw"]);
  expect(piped.stdoutBytes.subarray(-12)).toEqual(Buffer.from("payload=\x1b[\xff\n", "latin1"));
  expect((await runCommand(["scan", store, "--bytes", "raw"], 200)).stdout).toContain("payload=b64:G1v/\n");
});

test("of a torn store the valid prefix is printed, and the report on stderr", async () => {
  const { code, stdout, stderr } = await runCommand(["scan", await tornStore()]);
  expect(code).toBe(2);
  expect(stdout.split("\n").length - 1).toBe(2);
  expect(stderr).toContain("verdict:             torn\n");
});

test("behind a damaged sealed segment everything is printed, and the exit code is 3", async () => {
  const { code, stdout, stderr } = await runCommand(["scan", await damagedStore()]);
  expect(code).toBe(3);
  expect(stdout.match(/key=\S+/g)).toEqual(["key=key-1", "key=key-3"]);
  expect(stderr).toContain("00000002.dwal, offset 0: expected a frame, found a frame with a CRC mismatch");
});

test("valid frames behind damage make it corruption", async () => {
  const { code, stderr } = await runCommand(["scan", await rottenStore()]);
  expect(code).toBe(3);
  expect(stderr).toContain("valid frames beyond it: 1");
});

test("valid records behind damage in a segment are counted, and printed only when asked for, marked", async () => {
  const store = await rottenStore();
  const plain = await runCommand(["scan", store]);
  expect(plain.stdout.match(/key=\S+/g)).toEqual(["key=key-1"]);
  expect(plain.stderr).toContain(
    `valid records behind damage: 1, printed by: datawal scan ${store} --beyond\n`,
  );
  const beyond = await runCommand(["scan", store, "--beyond"]);
  expect(beyond.stdout.match(/txid=.*/g)).toEqual([
    "txid=         1 key=key-1 payload=value-1",
    "txid=         3 key=key-3 payload=value-3 (beyond damage)",
  ]);
  expect(beyond.code).toBe(3);
  const json = await runCommand(["scan", store, "--beyond", "--json"]);
  expectLinesOfSchema(json.stdout);
  const lines = json.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.map(({ txid, beyond }) => [txid, beyond])).toEqual([
    [1, undefined],
    [3, true],
  ]);
});

test("records behind damage count for the limit and the position as the others do", async () => {
  const store = await rottenStore();
  expect((await runCommand(["scan", store, "--beyond", "--limit", "1"])).stdout).not.toContain("beyond");
  const from = ["--from-segment", "1", "--from-offset", "80"];
  const { stdout } = await runCommand(["scan", store, "--beyond", ...from]);
  expect(stdout.match(/key=\S+/g)).toEqual(["key=key-3"]);
});

test("more than fits one piece is printed whole", async () => {
  const store = await madeStore(manyPairs(3000));
  const { stdout } = await runCommand(["scan", "--json", store]);
  expect(
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).txid),
  ).toEqual(Array.from({ length: 3000 }, (_, index) => index + 1));
});

test("a store that a writer holds is read beside it", async () => {
  const store = freshPath("store");
  await using db = await DataWal.open(store);
  db.put("written", "not yet synced");
  const { code, stdout } = await runCommand(["scan", store]);
  expect(code).toBe(0);
  expect(stdout).toContain('key=written payload="not yet synced"\n');
});

function* manyPairs(count: number): Generator<[string, string]> {
  for (let i = 0; i < count; i++) yield [`key-${i}`, "value ".repeat(100)];
}

test("a segment that cannot be read is told with its path", async () => {
  const store = await madeStore(PAIRS);
  rmSync(segmentPath(store));
  mkdirSync(segmentPath(store));
  const { code, stderr } = await runCommand(["scan", store]);
  expect(code).toBe(1);
  expect(stderr).toContain("00000001.dwal: expected a regular file, found a directory");
});
