import { symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { requireOutside } from "../../src/store/target.js";
import { fixtureStore, freshPath } from "../kit/stores.js";

test("a place in the store, or the store itself, is refused, whatever it is called", () => {
  const store = fixtureStore("smoke");
  const link = freshPath("link");
  symlinkSync(store, link);
  for (const target of [store, `${store}/`, join(store, "a", "b"), join(link, "a")]) {
    expect(() => requireOutside("compact", store, target)).toThrow(/outside of/);
  }
});

test("a place beside it is allowed, also with a name that begins as the store's", () => {
  const store = fixtureStore("smoke");
  for (const target of [`${store}-copy`, dirname(store), join(dirname(store), "..new")]) {
    expect(() => requireOutside("compact", store, target)).not.toThrow();
  }
});
