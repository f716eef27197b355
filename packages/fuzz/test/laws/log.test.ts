import {
  keepsTheLog,
  type LogPlace,
  type LogReaderUnderTest,
  type LogWriterUnderTest,
  simulatedLog,
} from "@datawal/fuzz";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

test("@datawal/record-log keeps the law of a log", async () => {
  await fc.assert(keepsTheLog(simulatedLog), { numRuns: 8 });
});

describe("the law is broken by a log that (canary)", () => {
  const writing = (change: (log: LogWriterUnderTest) => Partial<LogWriterUnderTest>) => (): LogPlace => {
    const place = simulatedLog();
    const open = async () => {
      const log = await place.open();
      return { ...log, ...change(log) };
    };
    return { ...place, open };
  };
  const reading = (change: (reader: LogReaderUnderTest) => Partial<LogReaderUnderTest>) => (): LogPlace => {
    const place = simulatedLog();
    const openReader = async () => {
      const reader = await place.openReader!();
      return { ...reader, ...change(reader) };
    };
    return { ...place, openReader };
  };
  let opens = 0;

  const broken: [string, () => LogPlace][] = [
    ["acknowledges before it has synced", writing(() => ({ fsync: () => undefined }))],
    [
      "tears groups",
      writing((log) => ({
        appendGroup: async (records) => {
          const first = await log.appendMany!(records.slice(0, 1));
          await log.fsync();
          return [...first, ...(await log.appendMany!(records.slice(1)))];
        },
      })),
    ],
    ["gives txids twice", writing((log) => ({ append: async (record) => (await log.append(record)) - 1n }))],
    [
      "forgets payloads",
      writing((log) => ({ append: (record) => log.append({ ...record, payload: record.key }) })),
    ],
    ["drops too much", writing((log) => ({ records: async () => (await log.records()).slice(1) }))],
    [
      "finds more when it is opened again",
      writing((log) => {
        opens++;
        const isEven = opens % 2 === 0;
        return { records: async () => (isEven ? await log.records() : (await log.records()).slice(0, -1)) };
      }),
    ],
    ["has readers that are never refreshed", reading(() => ({ refresh: () => undefined }))],
    [
      "shows its followers a record twice",
      reading((reader) => ({
        followed: async () => {
          const followed = await reader.followed();
          return [...followed, ...followed.slice(-1)];
        },
      })),
    ],
  ];

  test.each(broken)("%s", async (_, log) => {
    const { failed } = await fc.check(keepsTheLog(log), { numRuns: 300, endOnFailure: true, seed: 6 });
    expect(failed).toBe(true);
  });
});
