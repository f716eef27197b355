import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCommand } from "../kit/run-command.js";
import { damagedStore, fixtureStore, freshPath } from "../kit/stores.js";

const { stdout: help } = await runCommand(["--help"]);
const commands = [...help.matchAll(/^ {2}(\w+) .*[<[][A-Z]+[\]>]/gm)].map(([, name]) => name!);

test("commands stand in groups, none besides", () => {
  expect(help.match(/^\S.*:$/gm)).toEqual([
    "Options:",
    "See what is there (no lock, nothing is written):",
    "Copy and save (the store itself is only read):",
    "Change a store (under its lock, durably):",
    "The command itself:",
  ]);
  expect(commands.length).toBeGreaterThanOrEqual(23);
});

test.each(commands)("%s: two examples that it takes, and its exit codes", async (name) => {
  const { stdout } = await runCommand(["help", name]);
  const examples = [...stdout.matchAll(/^ {2}datawal (.*)$/gm)].map(([, line]) => line!);
  expect(examples).toHaveLength(2);
  const codes = [...stdout.split("Exit codes:")[1]!.matchAll(/^ {2}(\d) {2}\w/gm)].map(([, code]) => code);
  expect(codes.slice(0, 2)).toEqual(["0", "1"]);
  for (const example of examples.filter((line) => !line.includes(" -f"))) {
    const [words] = example.split(/ [|>]/);
    const { code, stderr } = await inDirectory(() => runCommand(words!.split(" ")));
    expect({ example, stderr, isTaken: code !== 1 }).toEqual({ example, stderr, isTaken: true });
    expect(codes).toContain(String(code));
  }
});

test("all help fits 50 columns, but for a line that is there to be copied", async () => {
  for (const argv of [["--help"], ...commands.map((name) => ["help", name])]) {
    const { stdout } = await runCommand(argv, 50);
    expect(stdout.split("\n").filter((line) => line.length > 50 && !line.startsWith("Usage: "))).toEqual([]);
  }
});

/** The examples' files and stores. */
const template = freshPath("template");
mkdirSync(template);
cpSync(fixtureStore("smoke"), join(template, "store"), { recursive: true });
cpSync(await damagedStore(), join(template, "damaged"), { recursive: true });
await runCommand(["compact", fixtureStore("smoke"), join(template, "copy")]);
for (const name of ["pairs.jsonl", "events.log", "photo.png"]) writeFileSync(join(template, name), "\n");

/** In a directory that has them. */
async function inDirectory<T>(run: () => Promise<T>): Promise<T> {
  const directory = freshPath("examples");
  cpSync(template, directory, { recursive: true });
  const before = process.cwd();
  process.chdir(directory);
  try {
    return await run();
  } finally {
    process.chdir(before);
  }
}
