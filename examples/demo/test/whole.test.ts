import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { temporaryDirectory, temporaryFile } from "./kit/temporary.js";

// The built program, as `npm test` has just built it.
const program = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const repository = fileURLToPath(new URL("../../..", import.meta.url));

function demo(argument: string, input = "", cwd = temporaryDirectory()) {
  const { INIT_CWD: _, ...env } = process.env;
  const ran = spawnSync(process.execPath, [program, argument], { cwd, env, input, encoding: "utf8" });
  return { cwd, ...ran };
}

const lines = Array.from({ length: 500 }, (_, index) => `{"id":${index % 100},"n":${index}}`);

test("the demo goes through over a file, and its commands work on what it leaves", () => {
  const { status, stdout, stderr, cwd } = demo(temporaryFile(lines.join("\n")));
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("was killed by SIGKILL");
  expect(stdout).toMatch(/Of 2\d\d acknowledged\s+records every one is there/);
  expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(60);
  expect(readFileSync(join(cwd, "demo-store/export.jsonl"), "utf8").split("\n")).toHaveLength(101);
  const commands = stdout.split("\n").filter((line) => line.trim().startsWith("npx datawal "));
  expect(commands).toHaveLength(3);
  for (const command of commands) {
    // As npx finds it from the root of the clone.
    const line = command.replace("npx datawal", join(repository, "node_modules/.bin/datawal"));
    expect(spawnSync("sh", ["-c", line], { cwd }).status).toBe(0);
  }
});

test("the demo reads standard input, keeps no copy of it, and may run on what it left itself", () => {
  const { status, stdout, cwd } = demo("-", "only line");
  expect(status).toBe(0);
  expect(stdout).toContain("1 line of standard input");
  expect(readdirSync(join(cwd, "demo-store")).sort()).toEqual(["compacted", "export.jsonl", "log"]);
  const again = demo("demo-store/export.jsonl", "", cwd);
  expect([again.status, again.stderr]).toEqual([0, ""]);
});

test.each([
  ["no-such-file", /no-such-file: ENOENT.*; give a file of lines/],
  [temporaryDirectory(), /EISDIR.*; give a file of lines/],
  [temporaryFile(""), /is empty; give a file with at least one line/],
])("%s fails the command, in words, and names the step", (argument, words) => {
  const { status, stderr } = demo(argument);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^\ndemo: step 1 \(Look at the input\) failed: /);
  expect(stderr).toMatch(words);
});
