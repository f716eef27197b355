import { expect, test } from "vitest";
import { encodeLockText, parseLockText } from "../src/lock-text.js";

const parse = (text: string) => parseLockText(new TextEncoder().encode(text));

test("what is written is read back", () => {
  expect(parseLockText(encodeLockText({ owner: "4711", note: "synced 1" }))).toEqual({
    owner: "4711",
    note: "synced 1",
  });
});

test.each([
  ["", { owner: "", note: "" }],
  ["4711\n", { owner: "4711", note: "" }],
  ["4711", { owner: "4711", note: "" }],
  ["4711\nnote", { owner: "4711", note: "note" }],
  ["4711\nnote\nof a longer line\n", { owner: "4711", note: "note" }],
])("%j is read as far as it goes", (text, expected) => expect(parse(text)).toEqual(expected));
