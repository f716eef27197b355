import { expect, test } from "vitest";
import { parsedLine, runCommand } from "../kit/run-command.js";
import { damagedStore, fixtureNames, fixtureStore, manifest, rottenStore, tornStore } from "../kit/stores.js";

test("the reference's seven lines come first, then the verdict", async () => {
  const { code, stdout, stderr } = await runCommand(["check", fixtureStore("smoke")]);
  expect(stdout).toBe(
    [
      "schema:               datawal.cli.v1",
      "kind:                 check",
      "keys_checked:         4",
      "tail_truncated:       0",
      "tail_bytes_discarded: 0",
      "mid_stream_errors:    0",
      "unsupported_versions: 0",
      "verdict:              intact",
      "",
    ].join("\n"),
  );
  expect([code, stderr]).toEqual([0, ""]);
});

test.each(fixtureNames.filter((name) => !manifest[name]?.open_error))(
  "of %s every live key is read back",
  async (name) => {
    const ran = await runCommand(["check", "--json", fixtureStore(name)]);
    expect(parsedLine(ran)).toMatchObject({ kind: "check", keys_checked: manifest[name]!.live_keys });
  },
);

test("a torn tail is 2, valid frames behind damage are 3, and the keys before it are read", async () => {
  const torn = await runCommand(["check", "--json", await tornStore()]);
  expect(torn.code).toBe(2);
  expect(parsedLine(torn)).toMatchObject({ keys_checked: 2, tail_bytes_discarded: 37, verdict: "torn" });
  const rotten = await runCommand(["check", "--json", await rottenStore()]);
  expect(rotten.code).toBe(3);
  expect(parsedLine(rotten)).toMatchObject({ keys_checked: 1, verdict: "damaged" });
});

test("of a store that does not open the keys are counted whose values can be read: 3, with all that is wrong", async () => {
  const ran = await runCommand(["check", "--json", await damagedStore()]);
  expect(ran.code).toBe(3);
  expect(parsedLine(ran)).toMatchObject({
    keys_checked: 2,
    mid_stream_errors: 1,
    damages: [{ segment: 2 }],
    keys_unreadable: 0,
  });
});
