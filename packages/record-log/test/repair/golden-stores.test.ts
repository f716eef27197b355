import { isIdempotent, isUntouched } from "@datawal/oracle";
import { describe, expect, test } from "vitest";
import { type RecoveryReport, verifyLogSync } from "../../src/index.js";
import { patched } from "../kit/frames.js";
import { FIXTURE_FACTS, fixtureFiles, recordsSha256 } from "../kit/golden-stores.js";
import { readBack, readOnly, thrownBy } from "../kit/read-back.js";
import { diskWith, filesOf } from "../kit/store-files.js";

const opened = Object.entries(FIXTURE_FACTS).filter(([, facts]) => facts.open_error === undefined);

/** What the reference refuses, and where; its messages name offset and segment. */
const refused = [
  {
    store: "bad_crc",
    code: "ERR_DATAWAL_SEGMENT_DAMAGED",
    segment: 2,
    offset: 0,
    reason: "crc-mismatch",
    says: /CRC mismatch at offset 0 of non-tail segment 2/,
  },
  {
    store: "unknown_version",
    code: "ERR_DATAWAL_FRAME_UNSUPPORTED",
    segment: 1,
    offset: 0,
    reason: "unknown-version",
    says: /structural decode error at offset 0 of segment 1 .*unknown wire version/,
  },
];

/** The reference's own fields, under its names. */
function reportFields(report: RecoveryReport): Record<string, number> {
  return {
    files_scanned: report.filesScanned,
    records_replayed: report.recordsReplayed,
    tail_truncated: report.tailTruncated,
    tail_bytes_discarded: report.tailBytesDiscarded,
    last_txid_seen: Number(report.lastTxidSeen),
  };
}

test("every golden store is one that is opened or one that is refused", () => {
  const names = [...opened.map(([store]) => store), ...refused.map(({ store }) => store)];
  expect(names.sort()).toEqual(Object.keys(FIXTURE_FACTS).sort());
});

describe.each(opened)("%s", (store, facts) => {
  test("a writer finds the reference's records and report, and a clean log the second time", () => {
    const disk = diskWith(fixtureFiles(store));
    const first = readBack(disk);
    expect(first.records).toHaveLength(facts.records!);
    expect(recordsSha256(first.records)).toBe(facts.records_sha256);
    expect(reportFields(first.report)).toEqual(facts.report);
    isIdempotent(first, readBack(disk));
  });

  test("a reader and verify find the same, and change nothing", () => {
    const disk = diskWith(fixtureFiles(store));
    const { records, report } = readOnly(disk);
    expect(recordsSha256(records)).toBe(facts.records_sha256);
    expect(reportFields(report)).toEqual(facts.report);
    const verified = verifyLogSync("/store", { fileSystem: disk });
    expect(reportFields(verified.report)).toEqual(facts.report);
    expect(verified.verdict).toBe(verified.report.tailTruncated === 1 ? "torn" : "intact");
    isUntouched(fixtureFiles(store), filesOf(disk));
  });
});

describe.each(refused)("$store", ({ store, says, code, segment, offset, reason }) => {
  test("the reference's error is the one that is thrown here", () => {
    expect(FIXTURE_FACTS[store]!.open_error).toMatch(says);
    for (const open of [readBack, readOnly]) {
      const disk = diskWith(fixtureFiles(store));
      expect(thrownBy(() => open(disk))).toMatchObject({ code, segment, offset, reason });
      isUntouched(fixtureFiles(store), filesOf(disk));
    }
  });

  test("verify tells it as a value", () => {
    const disk = diskWith(fixtureFiles(store));
    const { verdict, damages } = verifyLogSync("/store", { fileSystem: disk });
    expect({ verdict, damages }).toMatchObject({
      verdict: "damaged",
      damages: [{ segment, offset, reason }],
    });
  });
});

test("the comparison can fail: one other byte in a payload changes the digest", () => {
  const [[store, facts]] = opened as [(typeof opened)[0]];
  const { records } = readBack(diskWith(fixtureFiles(store)));
  const changed = records.map((record) => ({ ...record, payload: patched(record.payload, 0, 0) }));
  expect(recordsSha256(changed as typeof records)).not.toBe(facts.records_sha256);
});
