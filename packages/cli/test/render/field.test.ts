import fc from "fast-check";
import { expect, test } from "vitest";
import { fieldText } from "../../src/render/field.js";

const bytes = (text: string) => new TextEncoder().encode(text);
const shown = (text: string, bytesMax = 64) => fieldText(bytes(text), "auto", bytesMax);

test.each([
  ["plain", "plain"],
  ["Grüße", "Grüße"],
  ["", '""'],
  ["two words", '"two words"'],
  ["zwei Wörter", '"zwei Wörter"'],
  ['a"b', '"a\\"b"'],
  ["a\\b", '"a\\\\b"'],
  ['ü"\\', '"ü\\"\\\\"'],
  ["tab\tand\nline\r", '"tab\\tand\\nline\\r"'],
  ["b64:AAAA", '"b64:AAAA"'],
  ["hex:00", '"hex:00"'],
  ["hex:ü", '"hex:ü"'],
  ["abc\u202ecba", '"abc\\u{202e}cba"'],
  ["line\u2028line", '"line\\u{2028}line"'],
])("the text %j is shown as %s", (text, field) => {
  expect(shown(text)).toBe(field);
});

test.each([["\x1b[31m"], ["nul\0"], ["\x7f"], ["\u0085"], ["ü\x1b"]])(
  "control characters as in %j make it no text",
  (text) => {
    expect(shown(text)).toBe(`b64:${Buffer.from(text).toString("base64")}`);
  },
);

test("bytes that are not UTF-8 are base64", () => {
  expect(fieldText(Uint8Array.of(0xff, 0xfe), "auto", 64)).toBe("b64://4=");
});

test("the encoded forms are told by their prefix, also of text", () => {
  expect(fieldText(bytes("abc"), "base64", 64)).toBe("b64:YWJj");
  expect(fieldText(bytes("abc"), "hex", 64)).toBe("hex:616263");
});

test("a cut never falls inside a character, and says how many bytes it leaves out", () => {
  expect(shown("aaaü!", 4)).toBe("aaa...(+3 bytes)");
  expect(shown("aaaü!", 5)).toBe("aaaü...(+1 bytes)");
  expect(shown("aaaü!", 6)).toBe("aaaü!");
  expect(shown("two words", 5)).toBe('"two w"...(+4 bytes)');
  expect(fieldText(bytes("abcdef"), "hex", 4)).toBe("hex:61626364...(+2 bytes)");
});

test("a text that ends like a cut is told from one", () => {
  expect(shown("ab...(+1 bytes)")).toBe('"ab...(+1 bytes)"');
});

test("whatever the bytes, a field is one word or quoted, and tells exactly which bytes they were", () => {
  /** Any but half of one. */
  const character = fc
    .oneof(fc.nat(0xd7ff), fc.integer({ min: 0xe000, max: 0x10ffff }))
    .map(String.fromCodePoint);
  const fields = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.string({ unit: character, maxLength: 20 }).map(bytes),
    fc.string({ unit: fc.constantFrom(...'ab \t\n\r"\\\x1b\x7fü\u202eb64:hex') }).map(bytes),
  );
  fc.assert(
    fc.property(fields, (field) => {
      const text = fieldText(field, "auto", Number.POSITIVE_INFINITY);
      expect(text).toMatch(/^(?:[^\s"]+|"(?:[^"\\\n]|\\.)*")$/);
      expect(readBack(text)).toEqual(Buffer.from(field));
    }),
  );
});

/** The bytes that a field was made of. */
function readBack(text: string): Buffer {
  if (text.startsWith("b64:")) return Buffer.from(text.slice(4), "base64");
  if (!text.startsWith('"')) return Buffer.from(text);
  const unescaped = text.slice(1, -1).replace(/\\(?:u\{(\w+)\}|(.))/g, (_, code, letter) => {
    if (code) return String.fromCodePoint(Number.parseInt(code, 16));
    return { t: "\t", n: "\n", r: "\r" }[letter as string] ?? letter;
  });
  return Buffer.from(unescaped);
}
