import { expect, test } from "vitest";
import { earthquakeOperations } from "../../src/input/earthquakes.js";

test("each event is put twice, first without its updated time, then whole", () => {
  const operations = [...earthquakeOperations()];
  const keys = operations.map(({ key }) => Buffer.from(key).toString());
  expect(new Set(keys).size).toBe(1707);
  expect(keys.slice(0, 1707)).toEqual(keys.slice(1707));
  const properties = operations.map(({ value }) => JSON.parse(Buffer.from(value).toString()).properties);
  expect(properties.slice(0, 1707).some((one) => "updated" in one)).toBe(false);
  expect(properties.slice(1707).every((one) => "updated" in one)).toBe(true);
});
