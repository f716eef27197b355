import { expect, test } from "vitest";
import { runCommand } from "../kit/run-command.js";
import { freshPath, madeStore, PAIRS, segmentPath } from "../kit/stores.js";

test("the active segment is sealed, and what is written next goes to a new one", async () => {
  const store = await madeStore(PAIRS);
  const { code, stdout } = await runCommand(["rotate", store]);
  expect([code, stdout]).toEqual([
    0,
    "schema:         datawal.cli.v1\nkind:           rotate\nsealed_segment: 1\nactive_segment: 2\n",
  ]);
  expect((await runCommand(["put", store, "--key", "k", "v", "--json"])).stdout).toContain('"segment":2');
  expect((await runCommand(["rotate", store, "--json"])).stdout).toBe(
    '{"schema":"datawal.cli.v1","kind":"rotate","sealed_segment":2,"active_segment":3}\n',
  );
  expect((await runCommand(["verify", store])).code).toBe(0);
});

// A cron job that rotates had left an empty file each night.
test("an empty segment stays, which is said and is no failure", async () => {
  const store = await madeStore(PAIRS);
  await runCommand(["rotate", store]);
  const said = "datawal: rotate: the active segment holds no record: nothing was sealed\n";
  expect(await runCommand(["rotate", store, "--json"])).toMatchObject({
    code: 0,
    stdout: '{"schema":"datawal.cli.v1","kind":"rotate","active_segment":2}\n',
    stderr: said,
  });
  expect((await runCommand(["rotate", store])).stdout).toBe(
    "schema:         datawal.cli.v1\nkind:           rotate\nactive_segment: 2\n",
  );
});

test("a missing store is not made", async () => {
  expect((await runCommand(["rotate", freshPath("missing")])).code).toBe(1);
  expect((await runCommand(["rotate", segmentPath(await madeStore(PAIRS))])).stderr).toContain(
    "found something that is no directory",
  );
});
