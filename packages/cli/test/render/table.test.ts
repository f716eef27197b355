import { expect, test } from "vitest";
import { renderRows } from "../../src/render/table.js";

test("values stand in one column, and are one line each", () => {
  expect(
    renderRows(
      [
        ["a", 1],
        ["label", 2n],
        ["path", "x\ny"],
      ],
      8,
    ),
  ).toBe("a:      1\nlabel:  2\npath:   x\\ny\n");
});
