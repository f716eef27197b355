import { expect, test } from "vitest";
import { onlyLoser } from "../../../src/layers/lock/cases/races.js";

const winner = { means: "flock" };
const loser = { failed: "ERR_DATAWAL_LOCKED" };

test("a race has one winner", () => {
  expect(onlyLoser([winner, loser])).toBe(1);
  expect(onlyLoser([loser, winner])).toBe(0);
});

test("two winners are noticed, and so are two losers", () => {
  expect(() => onlyLoser([winner, winner])).toThrow("exactly one winner");
  expect(() => onlyLoser([loser, loser])).toThrow("exactly one winner");
});
