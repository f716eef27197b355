import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import plants from "../plants.json" with { type: "json" };
import { SECTIONS } from "../src/sections/index.js";

const repository = join(import.meta.dirname, "../../..");

test.each(plants)(
  "$name can still be planted: its place in the sources is there, once",
  ({ file, from, to }) => {
    const text = readFileSync(join(repository, file), "utf8");
    expect(text.split(from)).toHaveLength(2);
    expect(to).not.toBe(from);
  },
);

test("each section that compares has a planted fault, but for those that only show or are made of one case each", () => {
  const withPlant = new Set(plants.map(({ section }) => section));
  const without = SECTIONS.map(({ name }) => name).filter((name) => !withPlant.has(name));
  expect(without).toEqual(["flaws", "planted"]);
});
