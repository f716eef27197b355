import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RecordLog } from "@datawal/record-log";
import { expect, test } from "vitest";
import { runCommand } from "../kit/run-command.js";
import {
  damagedStore,
  fixtureNames,
  fixtureStore,
  freshPath,
  madeStore,
  manifest,
  rottenStore,
  segmentPath,
  sha256,
  tornStore,
} from "../kit/stores.js";

test.each(fixtureNames.filter((name) => !manifest[name]?.open_error))(
  "of %s the compacted segment is the reference's to the byte",
  async (name) => {
    const target = freshPath("compacted");
    await runCommand(["compact", fixtureStore(name), target]);
    expect(sha256(readFileSync(segmentPath(target)))).toBe(manifest[name]!.compact_sha256);
  },
);

test("six lines, or one JSON object, say what was written", async () => {
  const store = fixtureStore("delete_tombstone");
  const target = freshPath("compacted");
  const { code, stdout } = await runCommand(["compact", store, target]);
  expect(stdout).toBe(
    `schema:          datawal.cli.v1\nkind:            compact\ntarget:          ${target}\nlive_keys:       1\nrecords_written: 1\nbytes_written:   34\n`,
  );
  expect(code).toBe(0);
  const other = freshPath("compacted");
  expect((await runCommand(["--json", "compact", store, other])).stdout).toBe(
    `{"schema":"datawal.cli.v1","kind":"compact","target":"${other}","live_keys":1,"records_written":1,"bytes_written":34}\n`,
  );
});

test("a target that is not empty, or no directory, is left alone", async () => {
  const full = freshPath("full");
  mkdirSync(full);
  writeFileSync(join(full, "mine"), "");
  const { code, stderr } = await runCommand(["compact", fixtureStore("smoke"), full]);
  expect(code).toBe(1);
  expect(stderr).toContain(`${full}: expected nothing there, or an empty directory, found mine`);
  expect(readdirSync(full)).toEqual(["mine"]);
  expect((await runCommand(["compact", fixtureStore("smoke"), join(full, "mine")])).code).toBe(1);
});

test("a torn store is compacted up to its tail: 2, with a warning", async () => {
  const target = freshPath("compacted");
  const { code, stderr } = await runCommand(["compact", await tornStore(), target]);
  expect(code).toBe(2);
  expect(stderr).toContain("the log ends before 37 unreadable bytes");
  expect((await runCommand(["verify", target])).code).toBe(0);
});

test("of a damaged store nothing is written: 3", async () => {
  for (const store of [await damagedStore(), await rottenStore()]) {
    const target = freshPath("compacted");
    expect((await runCommand(["compact", store, target])).code).toBe(3);
    expect(existsSync(target)).toBe(false);
  }
});

test("in place: the store gets smaller, keeps its live keys, and --dry-run has said so before", async () => {
  const store = await madeStore([]);
  for (const value of ["1", "2", "3"]) await runCommand(["put", store, "--key", "k", value]);
  const before = readFileSync(segmentPath(store));
  expect(await runCommand(["compact", store, "--in-place", "--dry-run"])).toMatchObject({
    code: 0,
    stdout:
      "schema:           datawal.cli.v1\nkind:             compact-in-place\nis_dry_run:       true\nbytes_before:     90\nbytes_after:      30\nsegments_removed: 1\nsegments_left:    0\n",
  });
  expect(readFileSync(segmentPath(store))).toEqual(before);
  expect((await runCommand(["--json", "compact", store, "--in-place"])).stdout).toBe(
    '{"schema":"datawal.cli.v1","kind":"compact-in-place","is_dry_run":false,"bytes_before":90,"bytes_after":30,"records_moved":1,"segments_removed":1,"segments_left":0}\n',
  );
  expect((await runCommand(["get", store, "--key", "k"])).stdout).toContain("3");
  expect((await runCommand(["verify", store])).code).toBe(0);
});

test("in place: says why segments were left", async () => {
  const store = await madeStore([
    ["k", "1"],
    ["k", "2"],
  ]);
  await using log = await RecordLog.open(store);
  log.append("no pair");
  await log.close();
  expect((await runCommand(["compact", store, "--in-place", "--dry-run"])).stdout).toContain(
    "segments_left:    1\nleft_because:     raw-record\n",
  );
  expect((await runCommand(["compact", store, "--in-place"])).stdout).toContain(
    "left_because:     raw-record\n",
  );
});

test.each([
  [["compact", "STORE"], "a TARGET, or --in-place, found neither"],
  [["compact", "STORE", "TARGET", "--in-place"], "a TARGET, or --in-place, found both"],
  [["compact", "STORE", "TARGET", "--dry-run"], "--in-place with --dry-run, found a TARGET"],
])("%j is a usage mistake", async (args, message) => {
  const { code, stderr } = await runCommand(args);
  expect(code).toBe(1);
  expect(stderr).toContain(message);
});
