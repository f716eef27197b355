import { expect, test } from "vitest";
import { textOf } from "../../src/render/bytes.js";

const bytes = (text: string) => new TextEncoder().encode(text);

test("a byte order mark is part of the text", () => {
  expect(textOf(bytes("\ufeffa"))).toBe("\ufeffa");
});

test.each([
  ["bytes that are not UTF-8", Uint8Array.of(0xff)],
  ["a character cut short", bytes("ü").subarray(0, 1)],
  ["a control character", bytes("\u0085")],
])("%s are no text", (_, noText) => {
  expect(textOf(noText)).toBeUndefined();
});
