import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DataWal } from "datawal";
import { afterEach, beforeEach, expect, test } from "vitest";
import { judgePublications } from "../../../src/layers/power-cut/publications.js";
import { StoreHistory } from "../../../src/layers/power-cut/store-history.js";
import { type StreamPlan, streamRecord } from "../../../src/layers/power-cut/writer/record-stream.js";
import type { Statement } from "../../../src/layers/power-cut/writer/testimony.js";

const STREAM: StreamPlan = { seed: 3, contents: "pairs", sizes: "small" };
const RECORDS = 20;

let directory: string;
let prefix: string;
const history = new StoreHistory();
history.take(STREAM, [], [{ kind: "opened", records: 0 }]);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "datawal-publications-"));
  prefix = join(directory, "published");
  using db = DataWal.openSync(join(directory, "store"));
  for (let index = 0; index < RECORDS; index++) {
    const { type, key, payload } = streamRecord(STREAM, index, BigInt(index + 1));
    if (type === 1) db.put(key, payload);
    else db.delete(key);
  }
  db.compactToSync(`${prefix}-1`);
  db.exportJsonlSync(`${prefix}-2`);
});

afterEach(() => rmSync(directory, { recursive: true }));

const ALL: Statement[] = (["compaction", "export"] as const).flatMap((what, index) => [
  { kind: "publishing", what, number: index + 1, records: RECORDS },
  { kind: "published", what, number: index + 1, records: RECORDS },
]);
const judgeAll = () => judgePublications(prefix, ALL, ALL, history);

test("whole publications are right", () => expect(judgeAll).not.toThrow());

test("one that was said to be done and is gone is noticed", () => {
  rmSync(`${prefix}-2`);
  expect(judgeAll).toThrow("1 durable: export 2 was done, and is not there");
  const begun = ALL.filter(({ kind }) => kind === "publishing");
  expect(() => judgePublications(prefix, begun, begun, history)).not.toThrow();
});

test("half an export is noticed", () => {
  writeFileSync(`${prefix}-2`, "");
  expect(judgeAll).toThrow("2 prefix: export 2");
});

test("half a compaction is noticed", () => {
  truncateSync(`${prefix}-1/00000001.dwal`, 100);
  expect(judgeAll).toThrow("was published with a damaged tail");
});
