import { expect, test } from "vitest";
import { wrap } from "../src/wrap.js";

test("text is broken between words, and a long word stands alone", () => {
  expect(wrap("aa bb cc", 5)).toEqual(["aa bb", "cc"]);
  expect(wrap("a verylongword b", 6)).toEqual(["a", "verylongword", "b"]);
  expect(wrap("", 5)).toEqual([""]);
});
