import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { temporaryDirectory, temporaryFile } from "./fixture/temporary.js";

// The built program, as `npm test` has just built it.
const program = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const repository = fileURLToPath(new URL("../../..", import.meta.url));

function demo(argument: string, input = "") {
  const directory = temporaryDirectory();
  const ran = spawnSync(process.execPath, [program, argument], { cwd: directory, input, encoding: "utf8" });
  return { directory, ...ran };
}

const lines = Array.from({ length: 500 }, (_, index) => `{"id":${index % 100},"n":${index}}`);

test("the demo goes through over a file, and its commands work on what it leaves", () => {
  const { status, stdout, stderr, directory } = demo(temporaryFile(lines.join("\n")));
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("was killed by SIGKILL");
  expect(stdout).toMatch(/Of 2\d\d acknowledged\s+records every one is there/);
  expect(readFileSync(join(directory, "demo-store/export.jsonl"), "utf8").split("\n")).toHaveLength(101);
  const commands = stdout.split("\n").filter((line) => line.trim().startsWith("npx datawal "));
  expect(commands).toHaveLength(3);
  for (const command of commands) {
    // As npx finds it from the root of the clone.
    const line = command.replace("npx datawal", join(repository, "node_modules/.bin/datawal"));
    expect(spawnSync("sh", ["-c", line], { cwd: directory }).status).toBe(0);
  }
});

test("the demo reads standard input, and keeps no copy of it", () => {
  const { status, stdout, directory } = demo("-", "only line");
  expect(status).toBe(0);
  expect(stdout).toContain("1 line of standard input");
  expect(existsSync(join(directory, "demo-store/input"))).toBe(false);
});

test("a step that fails fails the command, and is named", () => {
  const { status, stderr } = demo("no-such-file");
  expect(status).toBe(1);
  expect(stderr).toMatch(/^\ndemo: step 1 \(Look at the input\) failed: .*no-such-file does not exist/);
});
