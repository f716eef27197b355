import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { IS_FULL_RUN } from "../../../packages/record-log/test/kit/seeded-random.js";

const ROOT = join(import.meta.dirname, "../../..");

function check(...file: string[]) {
  const script = join(ROOT, "scripts/write-cli-docs.mjs");
  const { status, stderr } = spawnSync(process.execPath, [script, "--check", ...file], { encoding: "utf8" });
  return { status, stderr };
}

// Seconds of commands: in a full run.
test.runIf(IS_FULL_RUN)("docs/cli.md shows what the command prints, and the table that its tests run", () => {
  expect(check()).toEqual({ status: 0, stderr: "" });
});

// One of them in a quick run.
test.each(
  [
    ["an example", "```console\n$ datawal get store --key note; echo $?\n0\n```\n"],
    ["the table of states", "<!-- states -->\n<!-- end of states -->\n"],
  ].slice(IS_FULL_RUN ? 0 : 1),
)("a planted difference in %s is found", (_, text) => {
  const directory = mkdtempSync(join(tmpdir(), "datawal-rules-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, "planted.md"), text);
  const { status, stderr } = check(join(directory, "planted.md"));
  expect(status).toBe(1);
  expect(stderr).toContain("planted.md is out of date from line ");
});
