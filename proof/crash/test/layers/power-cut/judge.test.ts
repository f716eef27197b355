import { appendFileSync, mkdtempSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RecordLog } from "@datawal/record-log";
import { afterEach, beforeEach, expect, test } from "vitest";
import { inspect, judge } from "../../../src/layers/power-cut/judge.js";
import { StoreHistory } from "../../../src/layers/power-cut/store-history.js";
import { tailOf } from "../../../src/layers/power-cut/tail.js";
import { type StreamPlan, streamRecord } from "../../../src/layers/power-cut/writer/record-stream.js";

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
