import { DataWal } from "datawal";
import { expect, test } from "vitest";
import { runCommand } from "../kit/run-command.js";
import { damagedStore, fixtureStore, madeStore, tornStore } from "../kit/stores.js";

async function keysStore(): Promise<string> {
  const store = await madeStore([
    ["user:1", "a"],
    ["note", "b"],
    ["user:2", "c"],
    ["two words", "d"],
    [Uint8Array.of(0xff, 0), "e"],
  ]);
  await using db = await DataWal.open(store);
  db.put("user:1", "again");
  db.delete("note");
  return store;
}

test("every live key is a line, in the order in which readers have them", async () => {
  const { code, stdout, stderr } = await runCommand(["keys", await keysStore()]);
  expect([code, stdout, stderr]).toEqual([0, 'user:1\nuser:2\n"two words"\nb64:/wA=\n', ""]);
});

test("--prefix takes keys that begin with it, --count only says how many", async () => {
  const store = await keysStore();
  expect((await runCommand(["keys", store, "--prefix", "user:"])).stdout).toBe("user:1\nuser:2\n");
  expect((await runCommand(["keys", store, "--prefix", "user:", "--count"])).stdout).toBe("2\n");
  expect((await runCommand(["keys", store, "--prefix", "nobody"])).stdout).toBe("");
  expect((await runCommand(["keys", store, "--count"])).stdout).toBe("4\n");
});

test("raw keys are their bytes, to a pipe alone", async () => {
  const store = await keysStore();
  const { stdoutBytes } = await runCommand(["keys", store, "--bytes", "raw"]);
  expect(stdoutBytes.toString("latin1")).toBe("user:1\nuser:2\ntwo words\n\xff\0\n");
  expect((await runCommand(["keys", store, "--bytes", "raw"], 80)).stdout).toContain("b64:/wA=\n");
});

test("JSON has keys in base64, and the count", async () => {
  const store = fixtureStore("smoke");
  const { stdout } = await runCommand(["keys", store, "--json", "--prefix", "al"]);
  expect(stdout).toBe('{"schema":"datawal.cli.v1","kind":"key","key_base64":"YWxwaGE="}\n');
  expect((await runCommand(["keys", store, "--json", "--count"])).stdout).toBe(
    '{"schema":"datawal.cli.v1","kind":"keys","count":4}\n',
  );
});

test("of a damaged store the keys that can be read are printed, with the report: 3; of a torn one: 2", async () => {
  const damaged = await runCommand(["keys", await damagedStore()]);
  expect([damaged.code, damaged.stdout]).toEqual([3, "key-1\nkey-3\n"]);
  expect(damaged.stderr).toContain("not all of the log could be read");
  expect(await runCommand(["keys", await tornStore(), "--count"])).toMatchObject({ code: 2, stdout: "2\n" });
});
