import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chooseInput } from "../../src/input/choose-input.js";
import { temporaryDirectory, temporaryFile } from "../fixture/temporary.js";

const spool = join(temporaryDirectory(), "demo-store", "input");

test("without an argument the input is the earthquakes, each put twice", async () => {
  const { operations, description } = await chooseInput(undefined, spool);
  expect(operations).toBe(2 * 1707);
  expect(description).toContain("1,707 earthquakes");
});

test("the key is the id where every line has one, else the line's number; the demo says which", async () => {
  const withIds = await chooseInput(temporaryFile('{"id":1}\n{"id":"b"}\n'), spool);
  expect(withIds.source).toMatchObject({ kind: "lines", keys: "id" });
  expect(withIds.description).toContain('Key: the "id" field');
  const mixed = await chooseInput(temporaryFile('{"id":1}\n{}\n'), spool);
  expect(mixed.source).toMatchObject({ kind: "lines", keys: "line-number" });
  expect(mixed.description).toContain("Key: the number of the line");
});

test("an empty file, a missing one and a directory are refused in words", async () => {
  await expect(chooseInput(temporaryFile(""), spool)).rejects.toThrow("is empty");
  await expect(chooseInput("/no/such/file", spool)).rejects.toThrow("/no/such/file does not exist");
  await expect(chooseInput(temporaryDirectory(), spool)).rejects.toThrow("is a directory");
});

test("a file in the demo's own directory is refused: the demo empties it", async () => {
  const directory = join(temporaryDirectory(), "demo-store");
  mkdirSync(directory);
  writeFileSync(join(directory, "export.jsonl"), "a\n");
  const choice = chooseInput(join(directory, "export.jsonl"), join(directory, "input"));
  await expect(choice).rejects.toThrow("copy it elsewhere first");
});
