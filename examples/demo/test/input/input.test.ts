import { expect, test } from "vitest";
import { segmentBytesFor } from "../../src/input/input.js";

test("an input fills a few segments, of 1 to 64 MiB", () => {
  expect(segmentBytesFor(0)).toBe(1 << 20);
  expect(segmentBytesFor(40 << 20)).toBe(10 << 20);
  expect(segmentBytesFor(2 ** 40)).toBe(64 << 20);
});
