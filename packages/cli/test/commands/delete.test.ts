import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { runCommand } from "../kit/run-command.js";
import { freshPath, madeStore, PAIRS } from "../kit/stores.js";

test("the key is gone then", async () => {
  const store = await madeStore(PAIRS);
  const { code, stdout } = await runCommand(["delete", store, "--key", "key-2"]);
  expect([code, stdout]).toEqual([0, "schema: datawal.cli.v1\nkind:   delete\nkey:    key-2\n"]);
  expect((await runCommand(["get", store, "--key", "key-2"])).code).toBe(2);
  expect((await runCommand(["delete", store, "--key", "key-1", "--json"])).stdout).toBe(
    '{"schema":"datawal.cli.v1","kind":"delete","key_base64":"a2V5LTE="}\n',
  );
});

test("a key that is not there is 2, and no tombstone is written", async () => {
  const store = await madeStore(PAIRS);
  const { stdout } = await runCommand(["scan", store]);
  const human = await runCommand(["delete", store, "--key", "absent"]);
  expect(human).toMatchObject({ code: 2, stdout: "", stderr: "datawal: delete: key not found\n" });
  const json = await runCommand(["delete", store, "--key", "absent", "--json"]);
  expect(json.stdout).toBe('{"schema":"datawal.cli.v1","kind":"miss","key_base64":"YWJzZW50"}\n');
  expect((await runCommand(["scan", store])).stdout).toBe(stdout);
});

test("a missing store is not made", async () => {
  const store = freshPath("missing");
  expect((await runCommand(["delete", store, "--key", "k"])).code).toBe(1);
  expect(existsSync(store)).toBe(false);
});
