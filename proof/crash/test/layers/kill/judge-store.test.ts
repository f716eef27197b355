import { appendFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { judgeStore } from "../../../src/layers/kill/traced-child/judge-store.js";
import { createWorkshop, type Workshop } from "../../../src/layers/kill/traced-child/place.js";
import { mixedRecords, plannedRecords } from "../../../src/layers/kill/traced-child/planned-records.js";
import { type Statement, sumUp } from "../../../src/layers/kill/traced-child/testimony.js";
import type { Workload } from "../../../src/layers/kill/traced-child/workload.js";
import { workloadNamed } from "../../../src/layers/kill/traced-child/workloads/all-workloads.js";
import { makeStore, SEGMENT } from "../../../src/layers/kill/traced-child/workloads/existing-store.js";

const SEED = 1;
const RECORDS = 4;

let workshop: Workshop;

beforeEach(() => {
  workshop = createWorkshop("canary");
  workshop.clear();
});

afterEach(() => workshop[Symbol.dispose]());

/** Judges the store as what a child left that has said this. */
function judge(workload: Workload, said: readonly Statement[], existingCount = 0) {
  const prepared = { existingCount, discarded: [], tail: new Uint8Array(0) };
  const testimony = sumUp(said, existingCount);
  judgeStore({ place: workshop.place, seed: SEED, prepared, testimony }, workload, () => undefined);
}

const appendFsync = workloadNamed("append-fsync");
const said = (handed: number, returned: number): Statement[] => [
  { kind: "opening" },
  { kind: "opened", warnings: [] },
  { kind: "handed", count: handed },
  { kind: "returned", count: returned },
];
const segment = () => join(workshop.place.store, SEGMENT);

test("a store that holds what was acknowledged passes, and so does one that holds the record handed over last", () => {
  makeStore(workshop.place, plannedRecords(mixedRecords, SEED, RECORDS));
  judge(appendFsync, said(RECORDS, RECORDS));
  workshop.clear();
  makeStore(workshop.place, plannedRecords(mixedRecords, SEED, RECORDS));
  judge(appendFsync, said(RECORDS, RECORDS - 1));
});

test("a record that returned and is not there breaks 1 durable", () => {
  makeStore(workshop.place, plannedRecords(mixedRecords, SEED, RECORDS));
  expect(() => judge(appendFsync, said(RECORDS + 1, RECORDS + 1))).toThrow("1 durable");
});

test("a record that was never handed over breaks 2 prefix", () => {
  makeStore(workshop.place, plannedRecords(mixedRecords, SEED, RECORDS));
  expect(() => judge(appendFsync, said(RECORDS - 1, RECORDS - 1))).toThrow("2 prefix");
});

test("a store that does not open breaks 4 opens", () => {
  makeStore(workshop.place, plannedRecords(mixedRecords, SEED, RECORDS));
  writeFileSync(segment(), "this never was a segment");
  expect(() => judge(appendFsync, said(RECORDS, RECORDS))).toThrow("4 opens");
});

test("a source with a byte that nobody appended breaks 6 source untouched", () => {
  const { inspect, prepare } = workloadNamed("compact-to");
  const prepared = prepare(workshop.place, SEED);
  appendFileSync(segment(), "D");
  const testimony = sumUp([], prepared.existingCount);
  const aftermath = { place: workshop.place, seed: SEED, prepared, testimony, records: [] };
  expect(() => inspect!(aftermath)).toThrow("6 source untouched");
});

test("a copy that was published and is gone breaks 1 durable", () => {
  const compactTo = workloadNamed("compact-to");
  const { existingCount } = compactTo.prepare(workshop.place, SEED);
  expect(() => judge(compactTo, [{ kind: "published", name: "new" }], existingCount)).toThrow("1 durable");
});

test("an export that is cut short breaks 6 source untouched", () => {
  const exportJsonl = workloadNamed("export-jsonl");
  const { existingCount } = exportJsonl.prepare(workshop.place, SEED);
  writeFileSync(join(workshop.place.directory, "exports/new.jsonl"), '{"key":');
  expect(() => judge(exportJsonl, [], existingCount)).toThrow("6 source untouched");
});

test("bytes that were cut off and not kept are missed", () => {
  const repair = workloadNamed("repair-torn");
  const prepared = repair.prepare(workshop.place, SEED);
  const testimony = sumUp([], prepared.existingCount);
  truncateSync(segment(), statSync(segment()).size - prepared.tail.length);
  const scene = { place: workshop.place, seed: SEED, prepared, testimony };
  expect(() => judgeStore(scene, repair, () => undefined)).toThrow("kept once");
});
