import { expect, test } from "vitest";
import { runCommand } from "../kit/run-command.js";
import { damagedStore, fixtureStore, madeStore, PAIRS, tornStore } from "../kit/stores.js";

test("each frame is a line in the reference's columns, without its payload", async () => {
  const { code, stdout, stderr } = await runCommand(["dump", fixtureStore("delete_tombstone")]);
  expect(stdout).toBe(
    [
      "seg=00000001 off=         0 len=      34 type=PUT txid=         1 key=alpha key_len=5 payload_len=1",
      "seg=00000001 off=        34 len=      33 type=PUT txid=         2 key=beta key_len=4 payload_len=1",
      "seg=00000001 off=        67 len=      34 type=PUT txid=         3 key=alpha key_len=5 payload_len=1",
      "seg=00000001 off=       101 len=      32 type=DEL txid=         4 key=beta key_len=4 payload_len=0",
      "",
    ].join("\n"),
  );
  expect([code, stderr]).toEqual([0, ""]);
});

test("JSON has the reference's fields in their order, then the key", async () => {
  const { stdout } = await runCommand(["dump", fixtureStore("smoke"), "--json", "--limit", "1"]);
  expect(stdout).toBe(
    '{"schema":"datawal.cli.v1","kind":"frame","segment":1,"offset":0,"len":34,"record_type":"Put","txid":1,"key_len":5,"payload_len":1,"key_base64":"YWxwaGE="}\n',
  );
});

test("a torn tail is 2, with the report on stderr, whatever the limit", async () => {
  const store = await tornStore();
  const { code, stdout, stderr } = await runCommand(["dump", store]);
  expect([code, stdout.split("\n").length - 1]).toEqual([2, 2]);
  expect(stderr).toContain("verdict:             torn\n");
  expect(await runCommand(["dump", store, "--limit", "0"])).toMatchObject({ code: 2, stdout: "" });
});

test("behind a damaged sealed segment frames are printed, and the exit code is 3", async () => {
  const { code, stdout } = await runCommand(["dump", await damagedStore()]);
  expect([code, stdout.match(/key=\S+/g)]).toEqual([3, ["key=key-1", "key=key-3"]]);
});

test("keys are shown in the form asked for, and cut unless asked not to", async () => {
  const store = await madeStore([["k".repeat(80), ""]]);
  expect((await runCommand(["dump", store])).stdout).toContain(
    `key=${"k".repeat(64)}...(+16 bytes) key_len=80`,
  );
  expect((await runCommand(["dump", store, "--no-truncate"])).stdout).toContain(`key=${"k".repeat(80)} `);
  const hex = await runCommand(["dump", await madeStore(PAIRS), "--bytes", "hex", "--limit", "1"]);
  expect(hex.stdout).toContain("key=hex:6b65792d31 key_len=5");
});
