import { expect, test } from "vitest";
import { parseOptions } from "../../src/laboratory/options.js";

test("a run of CI draws what every other one drew; a night draws anew, unless it is told what", () => {
  expect(parseOptions([])).toMatchObject({ length: "ci", seed: 1 });
  const nights = Array.from({ length: 8 }, () => parseOptions(["--length", "nightly"]).seed);
  expect(new Set(nights).size).toBeGreaterThan(1);
  expect(parseOptions(["--length", "nightly", "--seed", "7"])).toMatchObject({ length: "nightly", seed: 7 });
});

test("a length that there is not is refused with those that there are", () => {
  expect(() => parseOptions(["--length", "weekly"])).toThrow(/ci or nightly behind --length, got weekly/);
});
