import { expect, test } from "vitest";
import { ChangedKeys } from "../../src/live/changed-keys.js";

const bytes = (text: string) => new TextEncoder().encode(text);

function taken(keys: ChangedKeys): string[] {
  const texts: string[] = [];
  for (let key = keys.take(); key; key = keys.take()) texts.push(new TextDecoder().decode(key));
  return texts;
}

test("each is taken once, in order, until it comes again", () => {
  const keys = new ChangedKeys();
  for (const text of ["b", "a", "", "b"]) keys.add(bytes(text));
  expect(taken(keys)).toEqual(["b", "a", ""]);
  keys.add(bytes("xay"), 1, 2);
  expect(taken(keys)).toEqual(["a"]);
  expect(keys.take()).toBeUndefined();
});

test("one that comes while others are taken is not lost", () => {
  const keys = new ChangedKeys();
  for (const text of ["a", "b"]) keys.add(bytes(text));
  keys.take();
  keys.add(bytes("a"));
  expect(taken(keys)).toEqual(["b", "a"]);
});
