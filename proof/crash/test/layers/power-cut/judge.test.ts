import { appendFileSync, mkdtempSync, readdirSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RecordType } from "@datawal/format";
import { RecordLog } from "@datawal/record-log";
import { DataWal } from "datawal";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { inspect, judge } from "../../../src/layers/power-cut/judge.js";
import { StoreHistory } from "../../../src/layers/power-cut/store-history.js";
import { tailOf } from "../../../src/layers/power-cut/tail.js";
import { digestOf, PairsDigest } from "../../../src/layers/power-cut/writer/pairs-digest.js";
import { type StreamPlan, streamRecord } from "../../../src/layers/power-cut/writer/record-stream.js";
import type { Statement } from "../../../src/layers/power-cut/writer/testimony.js";

const STREAM: StreamPlan = { seed: 5, contents: "raw", sizes: "sector" };
const RECORDS = 6;

let store: string;
let history: StoreHistory;

/** A store of six records, five of them acknowledged. */
beforeEach(() => {
  store = mkdtempSync(join(tmpdir(), "datawal-judge-"));
  using log = RecordLog.openSync(store);
  for (let index = 0; index < RECORDS; index++)
    log.append(streamRecord(STREAM, index, BigInt(index + 1)).payload);
  history = new StoreHistory();
  const before = [
    { kind: "opened", records: 0 },
    { kind: "durable", records: RECORDS - 1 },
  ] as const;
  history.take(STREAM, before, [...before, { kind: "durable", records: RECORDS }]);
});

afterEach(() => rmSync(store, { recursive: true }));

const segment = () => join(store, "00000001.dwal");
const cutBytes = (count: number) => truncateSync(segment(), inspect(store).segments[0]!.size - count);

test("a store that holds everything is right", () => {
  expect(judge(store, "raw", history)).toMatchObject({ recordsReplayed: RECORDS });
  expect(history.acknowledged).toBe(RECORDS);
});

test("a record that was not acknowledged may be lost, and is discarded for good", () => {
  cutBytes(1);
  expect(tailOf(inspect(store))).toBe("torn");
  expect(judge(store, "raw", history)).toMatchObject({ recordsReplayed: RECORDS - 1, tailTruncated: 1 });
  expect(history.discarded.map(({ txid }) => txid)).toContain(BigInt(RECORDS));
});

test("a lost record that was acknowledged is noticed", () => {
  cutBytes(800);
  expect(() => judge(store, "raw", history)).toThrow("1 durable: 4 of 5 acknowledged records are there");
});

test("a record that nobody appended is noticed", () => {
  using log = RecordLog.openSync(store);
  log.append("from somebody else");
  log.closeSync();
  expect(() => judge(store, "raw", history)).toThrow("2 prefix");
});

test("zeros at the end are a zero-filled tail", () => {
  appendFileSync(segment(), new Uint8Array(700));
  expect(tailOf(inspect(store))).toBe("zero-filled");
});

test("a writer whose open has lost acknowledged records is noticed, whatever it appended since", () => {
  const before = [
    { kind: "opened", records: 3 },
    { kind: "durable", records: 9 },
  ] as const;
  expect(() => history.take({ ...STREAM, seed: 6 }, before, before)).toThrow("1 durable: 3 of 5");
});

describe("a store that is compacted in place", () => {
  const PAIRS: StreamPlan = { seed: 9, contents: "compacted", sizes: "sector" };
  const CHANGES = 40;

  /** Forty changes, thirty of them acknowledged, then a compaction. @returns the digest of its pairs */
  function compacted(path: string): string {
    using db = DataWal.openSync(path, { segmentBytesMax: 2000 });
    for (let index = 0; index < CHANGES; index++) {
      const { type, key, payload } = streamRecord(PAIRS, index, 0n);
      if (type === RecordType.Put) db.put(key, payload);
      else db.delete(key);
    }
    db.compactSync();
    return digestOf(db);
  }

  const empty = new PairsDigest().text;
  let path: string;
  let pairs: string;

  beforeEach(() => {
    path = join(store, "compacted");
    pairs = compacted(path);
    history = new StoreHistory();
    const before: Statement[] = [
      { kind: "opened", records: 0, pairs: empty },
      { kind: "durable", records: 30 },
    ];
    history.take(PAIRS, before, [...before, { kind: "handing", records: CHANGES, isGroup: false }]);
  });

  test("is right with the pairs behind any change since the last that was acknowledged", () => {
    expect(history.isCompacted).toBe(true);
    judge(path, "compacted", history);
    expect(history.acknowledged).toBeLessThan(CHANGES);
  });

  test("is wrong where a segment was removed whose pairs are nowhere else", () => {
    const last = readdirSync(path)
      .filter((name) => name.endsWith(".dwal"))
      .sort()
      .at(-2)!;
    rmSync(join(path, last));
    expect(() => judge(path, "compacted", history)).toThrow("9 compaction");
  });

  test("is wrong where the newest txid is gone", () => {
    history.recovered([streamRecord(PAIRS, 0, 99n)]);
    expect(() => history.recovered([streamRecord(PAIRS, 0, 98n)])).toThrow("9 compaction: txid 99 was there");
  });

  test("counts from the pairs that a writer has found behind a cut that nobody judged", () => {
    const next = [
      { kind: "opened", records: 0, pairs },
      { kind: "durable", records: 2 },
    ] as const;
    history.take({ ...PAIRS, seed: 10 }, next, [...next, { kind: "handing", records: 5, isGroup: false }]);
    const found = history.acknowledged - 2;
    expect(found).toBeGreaterThanOrEqual(30);
    expect(history.whenSaid(2)).toHaveLength(found + 2);
    expect(history.appended(Number.POSITIVE_INFINITY)).toHaveLength(found + 5);
  });

  test("is wrong where a writer found the pairs of none of its states", () => {
    const next = [{ kind: "opened", records: 0, pairs: empty }] as const;
    expect(() => history.take(PAIRS, next, next)).toThrow("9 compaction: a writer found other pairs");
  });

  test("is wrong with a part of a group", () => {
    const grouped = new StoreHistory();
    const before: Statement[] = [
      { kind: "opened", records: 0, pairs: empty },
      { kind: "durable", records: 30 },
    ];
    const handing = [
      { kind: "handing", records: 30, isGroup: false },
      { kind: "handing", records: CHANGES + 5, isGroup: true },
    ] as const;
    grouped.take(PAIRS, before, [...before, ...handing]);
    expect([30, 31, CHANGES + 4, CHANGES + 5].map(grouped.isWithinGroup)).toEqual([false, true, true, false]);
    expect(() => judge(path, "compacted", grouped)).toThrow("9 compaction");
  });
});
