import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

let directory = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "datawal-example-"));
});

afterEach(() => rmSync(directory, { recursive: true }));

/** Runs the built example in an empty directory, as often as asked, and returns what the last run printed. */
function run(name: string, times = 1): string {
  const program = join(import.meta.dirname, "../dist", `${name}.js`);
  let printed = "";
  for (let i = 0; i < times; i++)
    printed = execFileSync(process.execPath, [program], { cwd: directory, encoding: "utf8" });
  return printed;
}

test.each([
  ["01-instead-of-jsonl", ""],
  ["02-a-cache", "Ada\n"],
  ["03-a-write-ahead-log", "10 2\n"],
  ["04-the-codec-over-a-socket", "greeting hello\n"],
  ["05-inspection-beside-a-writer", "intact 2\n1\n"],
])("example %s runs twice in one directory", (name, printed) => {
  expect(run(name, 2)).toBe(printed);
});

test("the write-ahead log of the example does not grow", () => {
  expect(run("03-a-write-ahead-log", 6)).toBe("30 2\n");
});
