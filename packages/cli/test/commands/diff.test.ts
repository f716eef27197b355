import { expect, test } from "vitest";
import { Output, OutputClosed } from "../../src/output/output.js";
import { run } from "../../src/program.js";
import { runCommand } from "../kit/run-command.js";
import { damagedStore, freshPath, madeStore, PAIRS, rottenStore, tornStore } from "../kit/stores.js";

test("stores with the same live pairs are equal, whatever their logs are: 0", async () => {
  const store = await madeStore([["key-1", "old"], ...PAIRS]);
  const copy = freshPath("copy");
  await runCommand(["compact", store, copy]);
  const { code, stdout, stderr } = await runCommand(["diff", store, copy]);
  expect([code, stdout, stderr]).toEqual([
    0,
    "schema:        datawal.cli.v1\nkind:          diff\nonly_in_store: 0\nonly_in_other: 0\ndifferent:     0\n",
    "",
  ]);
});

test("every key that differs is a line, with where it is: 2", async () => {
  const [one, other] = [
    await madeStore(PAIRS),
    await madeStore([["key-2", "another"], PAIRS[2], ["new", ""]]),
  ];
  const { code, stdout } = await runCommand(["diff", one, other]);
  expect(code).toBe(2);
  expect(stdout).toBe(
    "- key-1\n~ key-2\n+ new\nschema:        datawal.cli.v1\nkind:          diff\nonly_in_store: 1\nonly_in_other: 1\ndifferent:     1\n",
  );
  const json = await runCommand(["diff", one, other, "--json"]);
  expect(json.stdout.split("\n").slice(1, -1)).toEqual([
    '{"schema":"datawal.cli.v1","kind":"difference","key_base64":"a2V5LTI=","found":"different"}',
    '{"schema":"datawal.cli.v1","kind":"difference","key_base64":"bmV3","found":"only-in-other"}',
    '{"schema":"datawal.cli.v1","kind":"diff","only_in_store":1,"only_in_other":1,"different":1}',
  ]);
});

test("a torn tail is told, and is no difference", async () => {
  const { code, stderr } = await runCommand(["diff", await tornStore(), await madeStore(PAIRS.slice(0, 2))]);
  expect([code, stderr]).toEqual([0, expect.stringContaining("the log ends before 37 unreadable bytes")]);
});

test("of a damaged store, whichever it is, nothing is compared: 3", async () => {
  const whole = await madeStore(PAIRS);
  for (const damaged of [await damagedStore(), await rottenStore()])
    for (const pair of [
      [whole, damaged],
      [damaged, whole],
    ])
      expect(await runCommand(["diff", ...pair])).toMatchObject({ code: 3, stdout: "" });
});

// It ended with 0, which here says that the stores are the same.
test("whoever reads only the first differences is not told that there are none: 2", async () => {
  const [one, other] = [await madeStore(PAIRS), await madeStore(PAIRS.slice(1))];
  const closed = () =>
    new Output(async () => {
      throw new OutputClosed();
    });
  const stderr = new Output(async () => undefined);
  expect(await run(["diff", one, other], { stdout: closed(), stderr })).toBe(2);
  expect(await run(["diff", one, one], { stdout: closed(), stderr })).toBe(0);
});
