import { expect, test } from "vitest";
import { earthquakeLines } from "../../src/input/earthquakes.js";

test("each event comes twice, first without its updated time, then whole", () => {
  const events = [...earthquakeLines()].map((line) => JSON.parse(line));
  const [first, second] = [events.slice(0, 1707), events.slice(1707)];
  expect(new Set(first.map(({ id }) => id)).size).toBe(1707);
  expect(second.map(({ id }) => id)).toEqual(first.map(({ id }) => id));
  expect(first.some(({ properties }) => "updated" in properties)).toBe(false);
  expect(second.every(({ properties }) => "updated" in properties)).toBe(true);
});
