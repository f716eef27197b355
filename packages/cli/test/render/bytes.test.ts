import { expect, test } from "vitest";
import { renderField, textOf } from "../../src/render/bytes.js";

const bytes = (text: string) => new TextEncoder().encode(text);
const shown = (text: string, bytesMax = 64) => renderField(bytes(text), "auto", bytesMax);

test.each([
  ["plain", "plain"],
  ["Grüße", "Grüße"],
  ["", '""'],
  ["two words", '"two words"'],
  ['a"b', '"a\\"b"'],
  ["a\\b", '"a\\\\b"'],
  ["tab\tand\nline\r", '"tab\\tand\\nline\\r"'],
  ["b64:AAAA", '"b64:AAAA"'],
  ["hex:00", '"hex:00"'],
  ["abc\u202ecba", '"abc\\u{202e}cba"'],
  ["line\u2028line", '"line\\u{2028}line"'],
])("the text %j is shown as %s", (text, field) => {
  expect(shown(text)).toBe(field);
});

test.each([["\x1b[31m"], ["nul\0"], ["\x7f"], ["\u0085"]])(
  "control characters as in %j make it no text",
  (text) => {
    expect(shown(text)).toBe(`b64:${Buffer.from(text).toString("base64")}`);
  },
);

test("bytes that are not UTF-8 are base64", () => {
  expect(renderField(Uint8Array.of(0xff, 0xfe), "auto", 64)).toBe("b64://4=");
});

test("the encoded forms are told by their prefix, also of text", () => {
  expect(renderField(bytes("abc"), "base64", 64)).toBe("b64:YWJj");
  expect(renderField(bytes("abc"), "hex", 64)).toBe("hex:616263");
});

test("a cut never falls inside a character, and says how many bytes it leaves out", () => {
  expect(shown("aaaü!", 4)).toBe("aaa...(+3 bytes)");
  expect(shown("aaaü!", 5)).toBe("aaaü...(+1 bytes)");
  expect(shown("aaaü!", 6)).toBe("aaaü!");
  expect(renderField(bytes("abcdef"), "hex", 4)).toBe("hex:61626364...(+2 bytes)");
});

test("a text that ends like a cut is told from one", () => {
  expect(shown("ab...(+1 bytes)")).toBe('"ab...(+1 bytes)"');
});

test("a byte order mark is part of the text", () => {
  expect(textOf(bytes("\ufeffa"))).toBe("\ufeffa");
});
