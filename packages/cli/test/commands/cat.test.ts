import { RecordLog } from "@datawal/record-log";
import { expect, test } from "vitest";
import { runCommand } from "../kit/run-command.js";
import { damagedStore, fixtureStore, freshPath, madeStore, PAIRS } from "../kit/stores.js";

async function rawStore(payloads: readonly (string | Uint8Array)[]): Promise<string> {
  const store = freshPath("raw");
  await using log = await RecordLog.open(store);
  for (const payload of payloads) log.append(payload);
  return store;
}

test("every Raw payload is a line again", async () => {
  expect(await runCommand(["cat", fixtureStore("valid_log")])).toMatchObject({ code: 0, stderr: "" });
  const { stdout } = await runCommand(["cat", await rawStore(['{"a":1}', "", "two\nlines"])]);
  expect(stdout).toBe('{"a":1}\n\ntwo\nlines\n');
});

test("bytes that are no text go to a pipe as they are, and to a terminal in base64", async () => {
  const store = await rawStore([Uint8Array.of(0, 0xff), "\x1b[31m", "plain"]);
  expect([...(await runCommand(["cat", store])).stdoutBytes.subarray(0, 3)]).toEqual([0, 0xff, 0x0a]);
  expect((await runCommand(["cat", store], 80)).stdout).toBe("b64:AP8=\nb64:G1szMW0=\nplain\n");
});

test("--values prints the values of Puts, and no Raw payload", async () => {
  const { stdout } = await runCommand(["cat", "--values", await madeStore(PAIRS)]);
  expect(stdout).toBe("value-1\nvalue-2\nvalue-3\n");
  expect((await runCommand(["cat", await madeStore(PAIRS)])).stdout).toBe("");
});

test("JSON is scan's, of the records that are printed", async () => {
  const store = await madeStore(PAIRS);
  const { stdout } = await runCommand(["cat", "--values", "--json", store]);
  expect(stdout).toBe((await runCommand(["scan", "--json", store])).stdout);
});

test.each([[[]], [["--follow"]]])(
  "of a damaged store what can be read is printed, then the report; with %j nothing is waited for",
  async (options) => {
    const { code, stdout, stderr } = await runCommand(["cat", "--values", ...options, await damagedStore()]);
    expect([code, stdout]).toEqual([3, "value-1\nvalue-3\n"]);
    expect(stderr).toMatch(/^datawal: cat: not all of the log could be read\nschema: /);
  },
);
