import { isUntouched } from "@datawal/oracle";
import { describe, expect, test } from "vitest";
import {
  describeWarning,
  type RecoveryReport,
  type RecoveryWarning,
  verifyLogSync,
} from "../../src/index.js";
import { concat, flipped, frames, put, raw } from "../kit/frames.js";
import { readBack, readOnly, thrownBy } from "../kit/read-back.js";
import { diskWith, type Files, filesOf, STORE } from "../kit/store-files.js";

const name = (segment: number) => `${String(segment).padStart(8, "0")}.dwal`;

/** What a writer, a reader and verify report of the same files. */
function reportsOn(files: Files): RecoveryReport[] {
  const disk = diskWith(files);
  const [read, verified] = [readOnly(disk).report, verifyLogSync(STORE, { fileSystem: disk }).report];
  return [read, verified, readBack(disk).report];
}

function warningsOn(files: Files): RecoveryWarning[] {
  const [read, verified, opened] = reportsOn(files).map(({ warnings }) => warnings);
  expect(verified).toEqual(read);
  expect(opened).toEqual(read);
  return read!;
}

describe("a damaged tail", () => {
  const prefix = frames(raw(1, "one"), put(2, "key", "two"));
  const tail = concat(flipped(frames(raw(3, "damaged")), 220), frames(raw(4, "beyond"), raw(5, "beyond")));

  test("is told alike by writer, reader and verify; only the writer keeps it aside", () => {
    const reports = reportsOn({ [name(1)]: prefix.slice(), [name(2)]: concat(frames(raw(3, "x")), tail) });
    for (const report of reports) {
      expect({ ...report, quarantinePath: undefined }).toEqual({
        filesScanned: 2,
        recordsReplayed: 3,
        tailTruncated: 1,
        tailBytesDiscarded: tail.length,
        midStreamErrors: 0,
        unsupportedVersions: 0,
        lastTxidSeen: 3n,
        damageSegment: 2,
        damageOffset: 29,
        damageReason: "crc-mismatch",
        validFramesBeyond: 2,
        quarantinePath: undefined,
        warnings: [],
      });
    }
    const paths = reports.map(({ quarantinePath }) => quarantinePath);
    expect(paths).toEqual([undefined, undefined, `${STORE}/00000002.cut-29`]);
  });

  test("is refused in strict mode where valid frames lie beyond it, and nothing is changed", () => {
    const files = { [name(1)]: concat(prefix, tail) };
    const disk = diskWith(files);
    expect(thrownBy(() => readBack(disk, { recover: "strict" }))).toMatchObject({
      code: "ERR_DATAWAL_STRICT_RECOVERY",
      path: STORE,
      objections: ["2 valid frames lie beyond the damage"],
    });
    isUntouched(files, filesOf(disk));
  });

  test("that a crash explains is repaired in strict mode too", () => {
    for (const torn of [tail.subarray(0, 10), tail.subarray(0, 30), new Uint8Array(600)]) {
      const disk = diskWith({ [name(1)]: concat(prefix, torn) });
      expect(readBack(disk, { recover: "strict" }).report).toMatchObject({ tailTruncated: 1, warnings: [] });
    }
  });

  test("the largest txid is told, not the last", () => {
    const [report] = reportsOn({ [name(1)]: frames(raw(9, "nine"), raw(2, "two")) });
    expect(report).toMatchObject({ lastTxidSeen: 9n });
  });
});

describe("what a whole log lacks is a warning, refused in strict mode", () => {
  const one = frames(raw(1, "one"));
  const three = frames(raw(3, "three"));
  const cases: [string, Files, RecoveryWarning[]][] = [
    [
      "a segment between two others",
      { [name(1)]: one, [name(3)]: frames(raw(2, "two")) },
      [{ kind: "missing-segment", segment: 2, count: 1 }],
    ],
    [
      "segments at two places",
      { [name(2)]: one, [name(5)]: frames(raw(2, "two")), [name(7)]: frames(raw(3, "three")) },
      [
        { kind: "missing-segment", segment: 3, count: 2 },
        { kind: "missing-segment", segment: 6, count: 1 },
      ],
    ],
    [
      "a txid between two segments",
      { [name(1)]: one, [name(2)]: three },
      [{ kind: "txid-gap", segment: 2, offset: 0, expected: 2n, actual: 3n, places: 1 }],
    ],
    [
      "txids at two places",
      { [name(1)]: frames(raw(1, "a"), raw(3, "b"), raw(4, "c"), raw(4, "d")) },
      [{ kind: "txid-gap", segment: 1, offset: 29, expected: 2n, actual: 3n, places: 2 }],
    ],
  ];

  test.each(cases)("%s", (_name, files, warnings) => {
    expect(warningsOn(files)).toEqual(warnings);
    const refusal = thrownBy(() => readBack(diskWith(files), { recover: "strict" }));
    expect(refusal).toMatchObject({
      code: "ERR_DATAWAL_STRICT_RECOVERY",
      objections: warnings.map(describeWarning),
    });
  });

  test.each([
    [
      "its beginning, since a head may have been dropped",
      { [name(4)]: three, [name(5)]: frames(raw(4, "four")) },
    ],
    [
      "nothing, though segments are empty",
      { [name(0)]: new Uint8Array(0), [name(1)]: one, [name(2)]: new Uint8Array(0) },
    ],
    [
      "nothing, though txids pass 2^32",
      { [name(2)]: frames(raw(0xffff_ffffn, "a"), raw(0x1_0000_0000n, "b")) },
    ],
  ])("%s: no warning", (_name, files) => {
    expect(warningsOn(files)).toEqual([]);
    readBack(diskWith(files), { recover: "strict" });
  });

  /** One warning for each id that is missing took all memory where the last of two segments was 99999999.dwal. */
  test("a hundred million missing segments are one warning", () => {
    expect(warningsOn({ [name(1)]: one, [name(99_999_999)]: frames(raw(2, "two")) })).toEqual([
      { kind: "missing-segment", segment: 2, count: 99_999_997 },
    ]);
  });
});

test("every kind of warning is told in one line", () => {
  const warnings: RecoveryWarning[] = [
    { kind: "missing-segment", segment: 2, count: 1 },
    { kind: "missing-segment", segment: 2, count: 3 },
    { kind: "txid-gap", segment: 1, offset: 2, expected: 3n, actual: 4n, places: 5 },
    { kind: "directory-sync-unsupported", path: "/p" },
    { kind: "quarantine-present", path: "/p" },
    { kind: "repair-unfinished", path: "/p" },
    { kind: "synced-data-damaged", segment: 1, offset: 2, syncedBytes: 3 },
    { kind: "synced-data-missing", segment: 1, syncedBytes: 2 },
    { kind: "overlong-segment-name", path: "/p" },
    { kind: "search-exhausted", segment: 1, offset: 2 },
    { kind: "open-sync-failed", segment: 1, errno: "EIO" },
    { kind: "kept-in-parts", segment: 1, offset: 2, bytes: 3, keptBytes: 2, paths: ["/p", "/q"] },
    { kind: "cut-without-quarantine", segment: 1, offset: 2, bytes: 3, reason: "no-space" },
    { kind: "cut-without-quarantine", segment: 1, offset: 2, bytes: 3, reason: "too-large" },
  ];
  for (const warning of warnings) expect(describeWarning(warning)).toMatch(/^[^\n]{30,}$/);
  expect(describeWarning(warnings[1]!)).toContain("segments 2 to 4 are missing");
});
