import { cpSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { suggestStores } from "../../src/store/nearby-stores.js";
import { fixtureStore } from "../fixture/stores.js";

test("the stores beside a missing one are named, three at most", () => {
  const store = fixtureStore("smoke");
  const parent = dirname(store);
  expect(suggestStores(join(parent, "missing", "deeper"))).toBe(`did you mean ${store}?`);
  for (const name of ["a", "b", "c", "d"]) cpSync(store, join(parent, name), { recursive: true });
  expect(suggestStores(join(parent, "missing"))).toBe(
    `did you mean ${["a", "b", "c"].map((name) => join(parent, name)).join(", ")}, and 2 more?`,
  );
});

test("where none is near, the last directory that exists is named", () => {
  const store = fixtureStore("smoke");
  expect(suggestStores(join(store, "x", "y"))).toBe(`${store} exists and holds no store: check the path`);
});
