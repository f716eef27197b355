import { expect, test } from "vitest";
import { choosePaint } from "../../src/output/color.js";
import { renderRows } from "../../src/render/table.js";

const PIPE = { columns: undefined };

test("values stand in one column, and are one line each", () => {
  expect(
    renderRows(
      [
        ["a", 1],
        ["label", 2n],
        ["path", "x\ny"],
      ],
      8,
      PIPE,
    ),
  ).toBe("a:      1\nlabel:  2\npath:   x\\ny\n");
});

test("on a terminal a long value goes on below itself, each line in its color", () => {
  const paint = choosePaint("always", {}, true);
  const rows = [["next", "alpha beta gamma delta epsilon", "bad"]] as const;
  expect(renderRows(rows, 8, { columns: 34 }, paint)).toBe(
    "next:   \x1b[31malpha beta gamma delta\x1b[39m\n\x1b[31m        epsilon\x1b[39m\n",
  );
});
