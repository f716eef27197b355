import { expect, test } from "vitest";
import { counted, wrap } from "../src/story.js";

test("text is broken between words, and a long word stands alone", () => {
  expect(wrap("aa\n  bb cc", 5)).toEqual(["aa bb", "cc"]);
  expect(wrap("a verylongword b", 6)).toEqual(["a", "verylongword", "b"]);
});

test("a noun follows its number", () => {
  expect([0, 1, 1234].map((count) => counted(count, "byte"))).toEqual(["0 bytes", "1 byte", "1,234 bytes"]);
});
