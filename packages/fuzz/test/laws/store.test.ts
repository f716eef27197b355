import { keepsPairs, keepsTheLog, simulatedLog, simulatedStore } from "@datawal/fuzz";
import fc from "fast-check";
import { expect, test } from "vitest";

test("store", async () => {
  const t = performance.now();
  await fc.assert(keepsPairs(simulatedStore), { numRuns: 60 });
  console.log("store", performance.now() - t);
});
test("log", async () => {
  const t = performance.now();
  await fc.assert(keepsTheLog(simulatedLog), { numRuns: 60 });
  console.log("log", performance.now() - t);
});
