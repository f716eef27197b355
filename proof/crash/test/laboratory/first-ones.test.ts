import { expect, test } from "vitest";
import { firstOnes } from "../../src/laboratory/first-ones.js";

test("those whose names begin so come first, and nothing else is changed", () => {
  const all = ["open", "put", "put-many", "close"].map((name) => ({ name }));
  const namesOf = (start: string) => firstOnes(start, all).map(({ name }) => name);
  expect(namesOf("put")).toEqual(["put", "put-many", "open", "close"]);
  for (const start of ["", "gone"]) expect(namesOf(start)).toEqual(["open", "put", "put-many", "close"]);
});
