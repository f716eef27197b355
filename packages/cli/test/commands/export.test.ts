import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
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
  sha256,
  tornStore,
} from "../kit/stores.js";

test.each(fixtureNames.filter((name) => !manifest[name]?.open_error))(
  "of %s the export is the reference's to the byte",
  async (name) => {
    const outfile = freshPath("out.jsonl");
    await runCommand(["export", fixtureStore(name), outfile]);
    expect(sha256(readFileSync(outfile))).toBe(manifest[name]!.export_sha256);
  },
);

test("five lines, or one JSON object, say what was written", async () => {
  const store = fixtureStore("smoke");
  const outfile = freshPath("out.jsonl");
  const { code, stdout } = await runCommand(["export", store, outfile]);
  expect(stdout).toBe(
    `schema:          datawal.cli.v1\nkind:            export\noutfile:         ${outfile}\nrecords_written: 4\nbytes_written:   172\n`,
  );
  expect(code).toBe(0);
  const other = freshPath("out.jsonl");
  expect((await runCommand(["export", store, other, "--json"])).stdout).toBe(
    `{"schema":"datawal.cli.v1","kind":"export","outfile":"${other}","records_written":4,"bytes_written":172}\n`,
  );
});

test("an existing file is not overwritten, a link that leads nowhere not followed", async () => {
  const outfile = freshPath("out.jsonl");
  writeFileSync(outfile, "mine");
  const { code, stderr } = await runCommand(["export", fixtureStore("smoke"), outfile]);
  expect(code).toBe(1);
  expect(stderr).toContain(`export: refuses to overwrite existing file: ${outfile}`);
  expect(readFileSync(outfile, "utf8")).toBe("mine");
  const link = freshPath("link");
  symlinkSync(freshPath("nowhere"), link);
  expect((await runCommand(["export", fixtureStore("smoke"), link])).code).toBe(1);
});

test("- prints the lines, to the byte as in a file, and nothing else", async () => {
  const store = await madeStore([
    ["b", "2"],
    ["a", "1"],
    [Uint8Array.of(0xff), new Uint8Array(100_000)],
    ["", ""],
  ]);
  const outfile = freshPath("out.jsonl");
  await runCommand(["export", store, outfile]);
  for (const form of [[], ["--json"]])
    expect(await runCommand(["export", store, "-", ...form])).toMatchObject({
      code: 0,
      stdout: readFileSync(outfile, "utf8"),
      stderr: "",
    });
  expect(await runCommand(["export", await rottenStore(), "-"])).toMatchObject({ code: 3, stdout: "" });
  expect(await runCommand(["export", await tornStore(), "-"])).toMatchObject({ code: 2 });
});

test("a bare file name is written to the working directory", async () => {
  const outfile = freshPath("out.jsonl");
  const before = process.cwd();
  process.chdir(dirname(outfile));
  try {
    expect((await runCommand(["export", fixtureStore("smoke"), "out.jsonl"])).code).toBe(0);
  } finally {
    process.chdir(before);
  }
  expect(existsSync(outfile)).toBe(true);
});

test("a torn store is exported up to its tail: 2, with a warning", async () => {
  const outfile = freshPath("out.jsonl");
  const { code, stderr } = await runCommand(["export", await tornStore(), outfile]);
  expect(code).toBe(2);
  expect(stderr).toContain("the log ends before 37 unreadable bytes");
  expect(readFileSync(outfile, "utf8").split("\n").length - 1).toBe(2);
});

test("of a damaged store nothing is written: 3", async () => {
  for (const store of [await damagedStore(), await rottenStore()]) {
    const outfile = freshPath("out.jsonl");
    expect((await runCommand(["export", store, outfile])).code).toBe(3);
    expect(existsSync(outfile)).toBe(false);
  }
});
