import { describe, expect, test } from "vitest";
import {
  journalName,
  parseStoreName,
  quarantineDirectoryName,
  quarantineName,
  SEGMENT_ID_MAX,
  type StoreName,
  segmentName,
  swapMarkName,
  temporaryName,
} from "../../src/store/store-names.js";

test("every name that is made is recognised as what it is", () => {
  for (const segment of [0, 1, 4711, SEGMENT_ID_MAX]) {
    expect(parseStoreName(segmentName(segment))).toEqual({ kind: "segment", segment });
    expect(parseStoreName(journalName(segment))).toEqual({ kind: "journal", segment });
    for (const offset of [0, 29, 2 ** 40]) {
      for (const attempt of [0, 1, 12]) {
        const name = quarantineName(segment, offset, attempt);
        expect(parseStoreName(name)).toEqual({ kind: "quarantine", segment, offset, attempt });
        expect(parseStoreName(temporaryName(name))).toEqual({ kind: "temporary" });
      }
    }
  }
});

test("what a swap makes is recognised, and has no temporaries", () => {
  for (const number of [0, 1, 4711])
    expect(parseStoreName(quarantineDirectoryName(number))).toEqual({ kind: "quarantine-directory", number });
  expect(parseStoreName(swapMarkName("12-9"))).toEqual({ kind: "swap-mark", successor: "12-9" });
  for (const name of [quarantineDirectoryName(1), swapMarkName("12")])
    expect(parseStoreName(temporaryName(name)).kind).toBe("foreign");
});

test("names have eight digits", () => {
  expect(segmentName(1)).toBe("00000001.dwal");
  expect(segmentName(SEGMENT_ID_MAX)).toBe("99999999.dwal");
  expect(journalName(7)).toBe("00000007.tail");
  expect(quarantineName(7, 123, 0)).toBe("00000007.cut-123");
  expect(quarantineName(7, 123, 2)).toBe("00000007.cut-123-2");
  expect(temporaryName("00000001.dwal")).toBe("00000001.dwal.new");
});

describe("other names", () => {
  const NAMES: [string, StoreName["kind"]][] = [
    [".lock", "lock"],
    [".lock.new", "temporary"],
    ["00000001.dwal.new", "temporary"],
    ["00000001.tail.new", "temporary"],
    ["100000000.dwal", "overlong-segment"],
    ["000000001.dwal", "overlong-segment"],
    ["1.dwal", "foreign"],
    ["0000001.dwal", "foreign"],
    ["0000000a.dwal", "foreign"],
    ["00000001.DWAL", "foreign"],
    ["00000001.dwal ", "foreign"],
    [" 00000001.dwal", "foreign"],
    ["00000001.dwal\n", "foreign"],
    ["00000001.dwal.bak", "foreign"],
    ["00000001.txt", "foreign"],
    ["00000001.cut-", "foreign"],
    ["00000001.cut-x", "foreign"],
    ["00000001.cut-1-", "foreign"],
    ["00000001.dwal.cut-1", "foreign"],
    ["٠٠٠٠٠٠٠١.dwal", "foreign"],
    ["quarantine-", "foreign"],
    ["quarantine-1a", "foreign"],
    [".replaced-by-", "foreign"],
    ["notes.new", "foreign"],
    [".new", "foreign"],
    ["", "foreign"],
    ["lock", "foreign"],
  ];

  test.each(NAMES)("%j is %s", (name, kind) => {
    expect(parseStoreName(name).kind).toBe(kind);
  });
});
