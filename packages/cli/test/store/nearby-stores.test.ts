import { cpSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { suggestStores } from "../../src/store/nearby-stores.js";
import { fixtureStore, freshPath } from "../kit/stores.js";

test("the stores beside a missing one are named, three at most", () => {
  const store = fixtureStore("smoke");
  const parent = dirname(store);
  expect(suggestStores(join(parent, "missing", "deeper"))).toBe(`did you mean ${store}?`);
  for (const name of ["a", "b", "c", "d"]) cpSync(store, join(parent, name), { recursive: true });
  expect(suggestStores(join(parent, "missing"))).toBe(
    `did you mean ${["a", "b", "c"].map((name) => join(parent, name)).join(", ")}, and 2 more?`,
  );
});

test("beside a directory that is no store, and has none, stores are looked for, too", () => {
  const store = fixtureStore("smoke");
  const directory = join(dirname(store), "directory");
  mkdirSync(directory);
  expect(suggestStores(directory)).toBe(`did you mean ${store}?`);
});

test("where a path leads into a store, that one is named", () => {
  const store = fixtureStore("smoke");
  for (const path of ["00000001.dwal", "x/y"]) {
    expect(suggestStores(join(store, path))).toBe(`did you mean ${store}?`);
  }
});

test("where none is near, the last directory that exists is named", () => {
  const directory = freshPath("directory");
  mkdirSync(directory);
  expect(suggestStores(join(directory, "x", "y"))).toBe(
    `${directory} exists and holds no store: check the path`,
  );
});
