import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { IS_FULL_RUN } from "../../../packages/record-log/test/kit/seeded-random.js";
import { DatawalLevel } from "../src/datawal-level.js";
import { runBody, runSuite } from "./run-suite.js";

const directory = mkdtempSync(join(tmpdir(), "datawal-level-"));
let made = 0;

afterAll(() => rmSync(directory, { recursive: true }));

// The suite that abstract-level publishes for databases that implement it; its tests get the names that it gives them. In a
// quick run it would be a sixth of the time.
if (IS_FULL_RUN) runSuite((options) => new DatawalLevel(join(directory, String(++made)), options));

test("a test of the suite that finds something else than it expects fails, and one that looks less often than planned", async () => {
  await expect(runBody((t) => t.same({ a: 1 }, { a: 2 }))).rejects.toThrow();
  await expect(
    runBody(async (t) => {
      t.plan(2);
      t.pass();
    }),
  ).rejects.toThrow();
});
