import { expect, test } from "vitest";
import { drawInTurn } from "../../../src/layers/failing-system-calls/draw.js";

const groups = [[1, 2, 3, 4, 5, 6, 7, 8], [10], [], [20, 21]];

test("every group has its share, and nothing is drawn twice", () => {
  const drawn = drawInTurn(groups, 6, 1);
  expect(new Set(drawn).size).toBe(6);
  expect(drawn).toEqual(expect.arrayContaining([10, 20, 21]));
});

test("the same seed draws the same, another one something else, and no more than there is", () => {
  expect(drawInTurn(groups, 6, 1)).toEqual(drawInTurn(groups, 6, 1));
  expect(drawInTurn(groups, 6, 1)).not.toEqual(drawInTurn(groups, 6, 2));
  expect(drawInTurn(groups, 99, 1)).toHaveLength(11);
});
