import { expect, test } from "vitest";
import { jsonLine } from "../../src/render/json.js";
import { schema, violations } from "../kit/json-schema.js";

const EXPORT = { outfile: "pairs.jsonl", records_written: 1, bytes_written: 2 };

test("a line as it should be violates nothing, with the largest integer, too", () => {
  expect(violations(jsonLine("export", { ...EXPORT, bytes_written: 2n ** 64n - 1n }))).toEqual([]);
});

test.each([
  ["a field that the schema does not name", jsonLine("export", { ...EXPORT, extra: 1 })],
  ["a missing field", jsonLine("export", { outfile: "pairs.jsonl" })],
  ["a field of another type", jsonLine("export", { ...EXPORT, records_written: "1" })],
  ["a kind that the schema does not know", jsonLine("nonsense", {})],
])("%s is found", (_, line) => {
  expect(violations(line)).not.toEqual([]);
});

test("every kind begins with the schema's name and its own", () => {
  for (const { $ref } of schema.oneOf) {
    const { properties } = schema.$defs[$ref.split("/").at(-1)];
    expect(Object.keys(properties).slice(0, 2)).toEqual(["schema", "kind"]);
  }
});
