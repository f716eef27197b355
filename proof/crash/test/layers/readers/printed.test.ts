import { describe, expect, test } from "vitest";
import { isToldApart, isToldApartCompacted } from "../../../src/layers/readers/delayed/printed.js";

describe("what was printed beside a compaction", () => {
  // Segment 1 is moved behind 2, then 2 behind that.
  const states = ["1a\n1b\n2c", "2c\n3a", "3a\n4c"];
  const isRight = (printed: string, gone = Number.NaN) =>
    isToldApartCompacted(printed.split(" "), gone, states);

  test("is a beginning of what it led through, and behind what is told gone all that is left", () => {
    expect(isRight("1a 1b")).toBe(true);
    expect(isRight("1a 1b 2c 3a")).toBe(true);
    expect(isRight("1a 1b 2c 3a", 2)).toBe(true);
    expect(isRight("1a 3a 4c", 1)).toBe(true);
  });

  test("is wrong with a record that never was, twice, passed over, or missing behind", () => {
    expect(isRight("1a 1x")).toBe(false);
    expect(isRight("1a 1a")).toBe(false);
    expect(isRight("1b 1a")).toBe(false);
    expect(isRight("1b")).toBe(false);
    expect(isRight("1a 1b 2c", 2)).toBe(false);
    expect(isRight("1a 2c 3a 3a", 1)).toBe(false);
  });
});

test("what was printed beside a drop is whole behind what is told gone", () => {
  const states = ["1a\n2b\n3c", "2b\n3c", "3c"];
  expect(isToldApart(["1a", "2b", "3c"], 1, states)).toBe(true);
  expect(isToldApart(["1a", "2b"], 1, states)).toBe(false);
});
