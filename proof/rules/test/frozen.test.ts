import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseStoreName } from "../../../packages/record-log/src/store/store-names.js";

// What users and stores that exist depend on: none of it goes or changes before the next wire version or schema. What is
// new is added to these files when it is released.
const ROOT = join(import.meta.dirname, "../../..");
const read = (...path: string[]) => readFileSync(join(ROOT, ...path), "utf8");
const frozen = (name: string) => read("proof/rules/frozen", name);
const lines = (text: string) => text.split("\n").slice(0, -1);

test("no error code that was released is gone", () => {
  const codes = [...read("docs/errors.md").matchAll(/^### (\w+)$/gm)].map(([, code]) => code!);
  const released = lines(frozen("error-codes.txt"));
  expect(released.length).toBeGreaterThan(50);
  expect(released.filter((code) => !codes.includes(code))).toEqual([]);
});

test.each(Object.entries(JSON.parse(frozen("file-names.json")) as Record<string, object>))(
  "in a store %s is what it was when it was written",
  (name, parsed) => {
    expect(parseStoreName(name)).toEqual(parsed);
  },
);

interface Schema {
  oneOf: { $ref: string }[];
  $defs: Record<string, { properties: Record<string, { const?: string }> }>;
}

/** A line for each kind: its fields, in their order. */
function kindsOf({ oneOf, $defs }: Schema): string[] {
  return oneOf.map(({ $ref }) => {
    const { properties } = $defs[$ref.split("/").at(-1)!]!;
    return `${properties.kind!.const}: ${Object.keys(properties).join(" ")}`;
  });
}

/** The lines that no line of the other list continues: fields come at the end, and none is moved or goes. */
function broken(before: string[], now: string[]): string[] {
  return before.filter((line) => !now.some((one) => `${one} `.startsWith(`${line} `)));
}

describe("the JSON of the command", () => {
  const schema = JSON.parse(read("packages/cli/src/schema/datawal.cli.v1.json")) as Schema;
  const before = lines(frozen("cli-json.txt"));

  test("has every kind and field that it had, in their order", () => {
    expect(broken(before, kindsOf(schema))).toEqual([]);
  });

  test("a field that moved, and a kind that is gone, are found", () => {
    expect(broken(["a: x y", "b: x", "c: x"], ["a: y x", "b: x z"])).toEqual(["a: x y", "c: x"]);
  });
});
