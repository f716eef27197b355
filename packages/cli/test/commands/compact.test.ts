import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCommand } from "../kit/run-command.js";
import {
  damagedStore,
  fixtureNames,
  fixtureStore,
  freshPath,
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
