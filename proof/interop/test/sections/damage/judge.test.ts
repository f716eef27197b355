import { describe, expect, test } from "vitest";
import {
  type DamagedStore,
  judge,
  type OurSighting,
  type Sighting,
} from "../../../src/sections/damage/judge.js";
import type { Outcome } from "../../../src/sides/refusal.js";
import type { SeenLog, SeenRecord } from "../../../src/sides/side.js";

const record: SeenRecord = {
  type: 0,
  txid: 1n,
  key: new Uint8Array(0),
  payload: new Uint8Array(2),
  segment: 1,
  offset: 0,
  len: 30,
};

function log(records: SeenRecord[], tailTruncated = 0): SeenLog {
  const report = {
    filesScanned: 1,
    recordsReplayed: records.length,
    tailTruncated,
    tailBytesDiscarded: 0,
    midStreamErrors: 0,
    unsupportedVersions: 0,
    lastTxidSeen: 1n,
  };
  return { records, report };
}

const store: DamagedStore = {
  segments: new Map([[1, new Uint8Array(130)]]),
  lastSegment: 1,
  hasOddSegment: false,
  hasOddLock: false,
};

function seen<T extends SeenLog>(value: T): Outcome<T> {
  return { ok: true, value };
}

function damaged(offset: number, reason: string): Outcome<never> {
  return { ok: false, refusal: { kind: "damaged", text: "", damage: { segment: 1, offset, reason } } };
}

function sighting(facts: Partial<Sighting>): Sighting {
  const ours: Outcome<OurSighting> = seen({ ...log([record]), damage: undefined });
  return { reference: seen(log([record])), referencePrefix: [record], ours, store, ...facts };
}

describe("equal", () => {
  test("the same records and numbers", () => {
    expect(judge(sighting({}))).toEqual({ equal: "both sound" });
  });

  test("refused at the same place, in either side's words", () => {
    const facts = { reference: damaged(30, "bad-magic"), ours: damaged(30, "zeros") };
    expect(judge(sighting(facts))).toEqual({ equal: "both refuse" });
  });
});

describe("listed", () => {
  const ours: Outcome<OurSighting> = seen({
    ...log([record], 1),
    damage: { segment: 1, offset: 30, reason: "zeros" },
  });

  test("nonsense at the end that the reference refuses and we cut", () => {
    const facts = { reference: damaged(30, "bad-magic"), ours };
    expect(judge(sighting(facts))).toEqual({ listed: "nonsense-at-the-end-is-a-torn-tail" });
  });

  test("but not where it is elsewhere, or where we lack a record that the reference reads before it", () => {
    expect(judge(sighting({ reference: damaged(0, "bad-magic"), ours }))).toHaveProperty("unlisted");
    const facts = { reference: damaged(30, "bad-magic"), ours, referencePrefix: [record, record] };
    expect(judge(sighting(facts))).toHaveProperty("unlisted");
  });
});

describe("unlisted", () => {
  test.each<[string, Partial<Sighting>]>([
    ["another record", { reference: seen(log([{ ...record, txid: 2n }])) }],
    ["a record too few", { ours: seen({ ...log([]), damage: undefined }) }],
    ["another number in the report", { reference: seen(log([record], 1)) }],
    ["we refuse and the reference does not", { ours: damaged(30, "crc-mismatch") }],
    ["the reference refuses a sealed segment and we do not", { reference: damaged(30, "crc-mismatch") }],
    [
      "refused at another place",
      { reference: damaged(30, "crc-mismatch"), ours: damaged(60, "crc-mismatch") },
    ],
    ["a link that we do not refuse", { store: { ...store, hasOddSegment: true }, ours: damaged(0, "zeros") }],
  ])("%s", (_what, facts) => {
    expect(judge(sighting(facts))).toHaveProperty("unlisted");
  });
});
