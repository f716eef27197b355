import { type DamageableLog, damageableLog, tellsDamage } from "@datawal/fuzz";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

test("@datawal/record-log keeps the law of damage", async () => {
  await fc.assert(tellsDamage(damageableLog), { numRuns: 100 });
});

describe("the law is broken by a log that (canary)", () => {
  const broken: [string, (log: DamageableLog) => Partial<DamageableLog>][] = [
    [
      "goes on behind what is damaged",
      (log) => ({
        open: async () => {
          const writer = await log.open();
          const records = async () => (await writer.records()).filter((_, index) => index !== 1);
          return { ...writer, records };
        },
      }),
    ],
    ["breaks down", () => ({ isRefusal: () => false })],
    [
      "believes what it reads",
      (log) => ({
        // As if each frame's CRC had been made to fit.
        open: async () => {
          const writer = await log.open();
          let asked = 0;
          const records = async () => {
            const found = await writer.records();
            return asked++ > 0 ? found : found.map((record) => ({ ...record, payload: record.key }));
          };
          return { ...writer, records };
        },
      }),
    ],
  ];

  test.each(broken)("%s", async (_, change) => {
    let opens = 0;
    const subject = () => {
      const log = damageableLog();
      const wrong = { ...log, ...change(log) };
      // Written soundly: the first open is our own.
      opens = 0;
      return { ...wrong, open: () => (opens++ === 0 ? log.open() : wrong.open()) };
    };
    const { failed } = await fc.check(tellsDamage(subject), { numRuns: 50_000, endOnFailure: true });
    expect(failed).toBe(true);
  });
});
