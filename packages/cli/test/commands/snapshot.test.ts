import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DataWal } from "datawal";
import { expect, test } from "vitest";
import { runCommand } from "../kit/run-command.js";
import {
  damagedStore,
  fixtureStore,
  freshPath,
  madeStore,
  PAIRS,
  rottenStore,
  segmentPath,
  tornStore,
} from "../kit/stores.js";

test("the copy has the same segments, and seven lines, or one JSON object, say what was copied", async () => {
  const store = await madeStore(PAIRS, { segmentBytesMax: 1 });
  const target = freshPath("copy");
  const { code, stdout } = await runCommand(["snapshot", store, target]);
  expect(stdout).toBe(
    `schema:          datawal.cli.v1\nkind:            snapshot\ntarget:          ${target}\nsegments:        3\nrecords_written: 3\nbytes_written:   120\nlast_txid:       3\n`,
  );
  expect(code).toBe(0);
  for (const segment of [1, 2, 3])
    expect(readFileSync(segmentPath(target, segment))).toEqual(readFileSync(segmentPath(store, segment)));
  const other = freshPath("copy");
  expect((await runCommand(["snapshot", store, other, "--json"])).stdout).toBe(
    `{"schema":"datawal.cli.v1","kind":"snapshot","target":"${other}","segments":3,"records_written":3,"bytes_written":120,"last_txid":3}\n`,
  );
});

test("it is taken beside a writer", async () => {
  const store = freshPath("store");
  await using db = await DataWal.open(store);
  db.put("key", "value");
  const target = freshPath("copy");
  expect((await runCommand(["snapshot", store, target])).code).toBe(0);
  expect((await runCommand(["get", target, "--key", "key"])).stdout).toBe("value\n");
});

test("a torn store is copied up to its tail: 2, with a warning", async () => {
  const target = freshPath("copy");
  const { code, stderr } = await runCommand(["snapshot", await tornStore(), target]);
  expect(code).toBe(2);
  expect(stderr).toContain("the log ends before 37 unreadable bytes");
  expect((await runCommand(["verify", target])).code).toBe(0);
});

test("of a damaged store nothing is written: 3, and the message names repair", async () => {
  for (const store of [await damagedStore(), await rottenStore()]) {
    const target = freshPath("copy");
    const { code, stderr } = await runCommand(["snapshot", store, target]);
    expect(code).toBe(3);
    expect(stderr).toContain(`datawal repair ${store} --to NEW\n`);
    expect(existsSync(target)).toBe(false);
  }
});

test("a target within the store is refused", async () => {
  const store = fixtureStore("smoke");
  expect((await runCommand(["snapshot", store, join(store, "copy")])).code).toBe(1);
});
