import { withFaults } from "@datawal/safeatomic/testing";
import { expect, test } from "vitest";
import { raw } from "./frames.js";
import {
  isIdempotent,
  isNothingFabricated,
  isPrefixWithAcknowledged,
  isTypedRefusal,
  isUntouched,
  isWithoutLeak,
} from "./oracle.js";
import { readBack, thrownBy } from "./read-back.js";
import { diskWith } from "./store-files.js";

// Each sentence of the oracle has to fail on a planted wrong log, or it proves nothing.

const records = [raw(1, "one"), raw(2, "two"), raw(3, "three")];

test("durable: an acknowledged record is missing", () => {
  isPrefixWithAcknowledged(records.slice(0, 2), records, 2);
  expect(() => isPrefixWithAcknowledged(records.slice(0, 2), records, 3)).toThrow("oracle: durable");
});

test("prefix: a record is missing in between, another, doubled, changed, or one too many", () => {
  for (const wrong of [
    [records[1]!],
    [records[0]!, records[2]!],
    [records[0]!, records[0]!],
    [raw(1, "eno")],
    [...records, raw(4, "four")],
  ])
    expect(() => isPrefixWithAcknowledged(wrong, records, 0)).toThrow("oracle: prefix");
});

test("nothing fabricated: a record was never appended", () => {
  isNothingFabricated(records.toReversed(), records);
  expect(() => isNothingFabricated([raw(9, "nine")], records)).toThrow("oracle: nothing fabricated");
});

test("opens: an error without a code", () => {
  isTypedRefusal(thrownBy(() => readBack(diskWith({}), { segmentBytesMax: 0 })));
  for (const error of [new Error("no"), Object.assign(new Error("no"), { code: "ENOENT" }), undefined])
    expect(() => isTypedRefusal(error)).toThrow("oracle: opens");
});

test("idempotent: the second open finds damage, or other records", () => {
  const clean = readBack(diskWith({}));
  const torn = { ...clean, report: { ...clean.report, tailTruncated: 1 } };
  isIdempotent(clean, clean);
  expect(() => isIdempotent(clean, torn)).toThrow("oracle: idempotent");
  expect(() => isIdempotent({ ...clean, records: records as never }, clean)).toThrow("oracle: durable");
});

test("source untouched: a byte, a name, a file more or less", () => {
  const files = { a: Uint8Array.of(1), b: Uint8Array.of(2) };
  isUntouched(files, { ...files });
  for (const other of [
    { a: files.a },
    { a: files.a, c: files.b },
    { ...files, b: files.a },
    { ...files, c: files.a },
  ])
    expect(() => isUntouched(files, other)).toThrow("oracle: source untouched");
});

test("no leak: a descriptor, a lock, a temporary", () => {
  const disk = withFaults(diskWith({ a: Uint8Array.of(1) }), () => undefined);
  isWithoutLeak(disk, {});
  expect(() => isWithoutLeak(disk, { "a.new": Uint8Array.of(1) })).toThrow("oracle: no leak");
  const file = disk.open("/store/a", "read");
  expect(() => isWithoutLeak(disk, {})).toThrow("1 files are open");
  file.close();
  disk.lock("/store/.lock", "1");
  expect(() => isWithoutLeak(disk, {})).toThrow("1 locks are held");
});
