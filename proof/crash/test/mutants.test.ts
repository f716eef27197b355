import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MUTANTS } from "../src/mutants/index.js";

const ROOT = join(import.meta.dirname, "../../..");

test("no two mutants have one name", () => {
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
});

test.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))(
  "%s changes what stands in the sources once",
  (_, { patches }) => {
    for (const { file, find, replace } of patches) {
      expect(readFileSync(join(ROOT, file), "utf8").split(find), file).toHaveLength(2);
      expect(replace).not.toBe(find);
    }
  },
);
