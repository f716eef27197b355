import fc from "fast-check";
import { expect, test } from "vitest";
import { wrap } from "../../src/render/wrap.js";

test("what fits stays one line, and so does everything in a pipe", () => {
  const text = "one two three";
  expect(wrap(text, { columns: 23, firstColumn: 10, indent: 10 })).toEqual([text]);
  expect(wrap(text, { columns: undefined, firstColumn: 10, indent: 10 })).toEqual([text]);
});

test("a longer text is broken between words, and goes on below itself", () => {
  const words = "alpha beta gamma delta epsilon zeta eta theta";
  expect(wrap(words, { columns: 34, firstColumn: 8, indent: 8 })).toEqual([
    "alpha beta gamma delta",
    "        epsilon zeta eta theta",
  ]);
});

test("a command that is there to be copied is not broken", () => {
  const text =
    "it is damaged; to see it all: datawal verify STORE; to save it: datawal repair STORE --to NEW";
  expect(wrap(text, { columns: 40, firstColumn: 0, indent: 2 })).toEqual([
    "it is damaged; to see it all:",
    "  datawal verify STORE; to save it:",
    "  datawal repair STORE --to NEW",
  ]);
});

test("where an indent would leave no room it is given up", () => {
  expect(wrap("alpha beta gamma delta", { columns: 30, firstColumn: 21, indent: 21 })).toEqual([
    "alpha",
    "  beta gamma delta",
  ]);
});

test("an indent that the text brings along stays", () => {
  expect(wrap("  caused by: a b", { columns: 14, firstColumn: 0, indent: 2 })).toEqual([
    "  caused by: a",
    "  b",
  ]);
});

test("no word is lost, and no line is too long unless it is a single word", () => {
  const words = fc.array(fc.string({ unit: fc.constantFrom(..."abc"), minLength: 1, maxLength: 30 }));
  fc.assert(
    fc.property(words, fc.integer({ min: 26, max: 60 }), (list, columns) => {
      const lines = wrap(list.join(" "), { columns, firstColumn: 0, indent: 2 });
      expect(lines.join(" ").split(/ +/).join(" ")).toBe(list.join(" "));
      for (const line of lines)
        if (line.trim().includes(" ")) expect(line.length).toBeLessThanOrEqual(columns);
    }),
  );
});
