import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import {
  type LogRecord,
  RecordLog,
  RecordLogReader,
  type RecoveryReport,
  verifyLogSync,
} from "../../src/index.js";

// Stores that the reference wrote, and what it sees in them: fixtures/README.md tells how the digests are made.

interface GoldenStore {
  records: number;
  records_sha256: string;
  report: Record<
    "files_scanned" | "records_replayed" | "tail_truncated" | "tail_bytes_discarded" | "last_txid_seen",
    number
  >;
  /** The reference's refusal. */
  open_error?: string;
}

const FIXTURES = join(import.meta.dirname, "../../../../fixtures");
const manifest: Record<string, GoldenStore> = JSON.parse(
  readFileSync(join(FIXTURES, "manifest.json"), "utf8"),
);
const sound = Object.entries(manifest).filter(([, { open_error }]) => open_error === undefined);

let directory = "";

/** A copy, since opening for writing may repair. */
function copyOf(name: string): string {
  directory = mkdtempSync(join(tmpdir(), "datawal-golden-"));
  cpSync(join(FIXTURES, name), directory, { recursive: true });
  return directory;
}

afterEach(() => {
  if (directory !== "") rmSync(directory, { recursive: true });
  directory = "";
});

function digestOf(records: Iterable<LogRecord>): string {
  const digest = createHash("sha256");
  for (const { segment, offset, len, type, txid, key, payload } of records) {
    const [key64, payload64] = [key, payload].map((bytes) => Buffer.from(bytes).toString("base64"));
    digest.update(`${segment}/${offset}/${len}/${type}/${txid}/${key64}/${payload64}\n`);
  }
  return digest.digest("hex");
}

function referenceFields(report: RecoveryReport): GoldenStore["report"] {
  return {
    files_scanned: report.filesScanned,
    records_replayed: report.recordsReplayed,
    tail_truncated: report.tailTruncated,
    tail_bytes_discarded: report.tailBytesDiscarded,
    last_txid_seen: Number(report.lastTxidSeen),
  };
}

test("there are golden stores that open and some that do not", () => {
  expect(sound.length).toBeGreaterThan(8);
  expect(Object.keys(manifest).length).toBeGreaterThan(sound.length);
});

describe.each(sound)("%s", (name, golden) => {
  test("a writer, a reader and verify see what the reference sees", () => {
    const store = copyOf(name);
    using reader = RecordLogReader.openSync(store);
    expect(digestOf(reader.scan())).toBe(golden.records_sha256);
    expect(referenceFields(reader.recoveryReport())).toEqual(golden.report);
    expect(referenceFields(verifyLogSync(store).report)).toEqual(golden.report);
    using log = RecordLog.openSync(store);
    expect(digestOf(log.scan())).toBe(golden.records_sha256);
    expect(referenceFields(log.recoveryReport())).toEqual(golden.report);
  });

  test("a second open finds a clean log with the same records", () => {
    const store = copyOf(name);
    RecordLog.openSync(store).closeSync();
    using log = RecordLog.openSync(store);
    expect(digestOf(log.scan())).toBe(golden.records_sha256);
    expect(log.recoveryReport().tailTruncated).toBe(0);
  });
});

describe("stores that the reference refuses", () => {
  test.each([
    ["bad_crc", { code: "ERR_DATAWAL_SEGMENT_DAMAGED", segment: 2, offset: 0, reason: "crc-mismatch" }],
    [
      "unknown_version",
      { code: "ERR_DATAWAL_FRAME_UNSUPPORTED", segment: 1, offset: 0, reason: "unknown-version" },
    ],
  ])("%s is refused for the same reason, and left as it is", (name, error) => {
    const store = copyOf(name);
    const contents = () =>
      readdirSync(store)
        .filter((file) => file !== ".lock")
        .map((file) => readFileSync(join(store, file), "hex"));
    const before = contents();
    expect(manifest[name]!.open_error).toBeDefined();
    expect(() => RecordLog.openSync(store)).toThrow(expect.objectContaining(error));
    expect(() => RecordLogReader.openSync(store)).toThrow(expect.objectContaining(error));
    expect(verifyLogSync(store)).toMatchObject({
      verdict: "damaged",
      damages: [{ segment: error.segment, reason: error.reason }],
    });
    expect(contents()).toEqual(before);
  });
});
