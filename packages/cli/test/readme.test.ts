import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCommand } from "./kit/run-command.js";
import { fixtureStore, freshPath } from "./kit/stores.js";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

/** What the README calls its stores, and which golden stores these are. */
const STORES = { store: "smoke", torn: "truncated_tail", damaged: "bad_crc" };

test("every example of the README prints what it says", async () => {
  const directory = freshPath("examples");
  mkdirSync(directory);
  for (const [name, fixture] of Object.entries(STORES)) {
    cpSync(fixtureStore(fixture), join(directory, name), { recursive: true });
  }
  const before = process.cwd();
  process.chdir(directory);
  try {
    expect(examples().length).toBeGreaterThanOrEqual(6);
    for (const block of examples()) expect(await play(block)).toBe(block);
  } finally {
    process.chdir(before);
  }
});

test("every command has an example", async () => {
  const { stdout } = await runCommand(["--help"]);
  const commands = [...stdout.matchAll(/^ {2}(\w+) .*<STORE>/gm)].map(([, name]) => name!);
  expect(commands.length).toBeGreaterThanOrEqual(6);
  for (const name of commands) expect(readme).toContain(`$ datawal ${name} `);
});

function examples(): string[] {
  return [...readme.matchAll(/```console\n(.*?)```/gs)].map(([, block]) => block!);
}

/** Runs the commands of a block, and writes the block anew. */
async function play(block: string): Promise<string> {
  let played = "";
  for (const [line, words] of block.matchAll(/^\$ datawal (.*)$/gm)) {
    const { stdout, stderr } = await runCommand(words!.split(" "));
    played += `${line}\n${stdout}${stderr}`;
  }
  return played;
}
