import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DEVIATIONS } from "../../src/differences/deviations.js";
import { withDeviations } from "../../src/differences/deviations-doc.js";
import { SECTIONS } from "../../src/sections/index.js";

const document = readFileSync(join(import.meta.dirname, "../../../../docs/compatibility.md"), "utf8");

describe("docs/compatibility.md", () => {
  test("has the list of permitted differences as the comparison has it", () => {
    expect(document).toBe(withDeviations(document));
  });

  test("a difference that it lacks would be noticed", () => {
    const [id] = Object.keys(DEVIATIONS);
    const without = document.replace(`### ${id}`, "### another");
    expect(without).not.toBe(withDeviations(without));
  });
});

test("each permitted difference is to be seen in sections that there are", () => {
  const names = SECTIONS.map(({ name }) => name);
  for (const { seenIn } of Object.values(DEVIATIONS)) {
    expect(seenIn.length).toBeGreaterThan(0);
    expect(names).toEqual(expect.arrayContaining([...seenIn]));
  }
});
