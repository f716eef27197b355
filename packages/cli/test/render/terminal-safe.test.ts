import { expect, test } from "vitest";
import { safeLine, safeText } from "../../src/render/terminal-safe.js";

test("a line keeps no control character, a text only its line ends and tabs", () => {
  const everyControl = Array.from({ length: 0xa0 }, (_, code) => String.fromCodePoint(code)).join("");
  expect(safeLine(everyControl)).not.toMatch(/\p{Cc}/u);
  expect(safeText(everyControl).match(/\p{Cc}/gu)).toEqual(["\t", "\n"]);
});

test("CR is kept at the end of a line only: alone it would write over what stands there", () => {
  expect(safeText("dos\r\nover\rwritten")).toBe("dos\r\nover\\rwritten");
});

test("what reorders text is escaped, writing of any direction is not", () => {
  expect(safeText("\u2066\u202e\u200f")).toBe("\\u{2066}\\u{202e}\\u{200f}");
  expect(safeText("עולם κόσμε 🌍")).toBe("עולם κόσμε 🌍");
});
