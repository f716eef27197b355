import { expect, test } from "vitest";
import { hasAcknowledged, sumUp } from "../../../src/layers/kill/traced-child/testimony.js";

test("a child that has said nothing has acknowledged nothing but what it found", () => {
  const silent = sumUp([], 3);
  expect(silent).toMatchObject({ handed: 3, returned: 3, durable: 3, isOpening: false, isEnded: false });
  expect(hasAcknowledged(silent, 3)).toBe(false);
});

test("what was said last counts: a failed call takes back what it was handed", () => {
  const testimony = sumUp(
    [
      { kind: "handed", count: 4 },
      { kind: "returned", count: 4 },
      { kind: "handed", count: 9 },
      { kind: "handed", count: 4 },
    ],
    3,
  );
  expect(testimony).toMatchObject({ handed: 4, returned: 4, durable: 3 });
  expect(hasAcknowledged(testimony, 3)).toBe(true);
});
