import { expect, test } from "vitest";
import { isSameFile } from "../src/internal.js";

const file = (identity: string) => ({ identity });

test.each([
  ["1:2:3", "1:2:3", true],
  ["1:2:3", "1:2:4", false],
  ["1:2", "1:2", true],
  ["1:2", "1:3", false],
  ["1:2:3", "1:2", true],
  ["1:2", "1:2:3", true],
  ["1:2", "1:23:3", false],
  ["1:23", "1:2", false],
])("%s and %s are the same file: %s", (one, other, expected) => {
  expect(isSameFile(file(one), file(other))).toBe(expected);
});

test("what is not there is the same as nothing", () => {
  expect(isSameFile(undefined, undefined)).toBe(false);
  expect(isSameFile(file("1:2"), undefined)).toBe(false);
});
