import fc from "fast-check";
import { expect, test } from "vitest";
import { renderBar } from "../../src/render/bar.js";

const parts = (...amounts: number[]) =>
  amounts.map((amount, index) => ({ amount, character: "abcdef"[index]! }));

test.each([
  [parts(1, 1), 10, 2, "aaaaabbbbb"],
  [parts(1, 1), 10, 4, "aaabb     "],
  [parts(0, 5), 4, 5, "bbbb"],
  [parts(1_000_000, 1), 5, 1_000_001, "aaaab"],
  [parts(), 3, 1, "   "],
])("case %#", (shares, width, scale, bar) => {
  expect(renderBar(shares, width, scale)).toBe(bar);
});

test("a bar has its width, its parts in order, and a place for each that is not nothing", () => {
  const amounts = fc.array(fc.nat(1_000_000), { maxLength: 4 });
  fc.assert(
    fc.property(amounts, fc.integer({ min: 8, max: 200 }), fc.nat(1000), (shares, width, spare) => {
      const total = shares.reduce((sum, share) => sum + share, 0);
      const bar = renderBar(parts(...shares), width, total + spare + 1);
      expect(bar).toHaveLength(width);
      expect(bar).toMatch(/^a*b*c*d* *$/);
      for (const [index, share] of shares.entries()) expect(bar.includes("abcd"[index]!)).toBe(share > 0);
    }),
  );
});
