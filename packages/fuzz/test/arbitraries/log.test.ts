import { anyLog } from "@datawal/fuzz";
import fc from "fast-check";
import { expect, test } from "vitest";

test("a log numbers its records 1, 2, 3 through all of its segments", () => {
  fc.assert(
    fc.property(anyLog(), (log) => {
      const txids = log.flat().map(({ txid }) => txid);
      expect(txids).toEqual(txids.map((_txid, i) => BigInt(i + 1)));
    }),
  );
});

test("logs come with one segment and several, full and empty ones among them", () => {
  const logs = fc.sample(anyLog(), { numRuns: 500, seed: 1 });

  expect(new Set(logs.map((log) => log.length))).toEqual(new Set([1, 2, 3, 4]));
  expect(logs.some((log) => log.length > 1 && log.some((records) => records.length === 0))).toBe(true);
  expect(logs.some((log) => log.some((records) => records.length >= 5))).toBe(true);
});
