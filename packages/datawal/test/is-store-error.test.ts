import { readFileSync } from "node:fs";
import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { expect, expectTypeOf, test } from "vitest";
import { DataWal, isStoreError } from "../src/index.js";

const CODES = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8").match(
  /(?<=^#+ `?)ERR_DATAWAL_\w+/gm,
)!;

test("every code of every package is told", () => {
  expect(CODES.length).toBeGreaterThan(60);
  const isTold = (code: string) => isStoreError(Object.assign(new Error(), { code }));
  expect(CODES.filter((code) => !isTold(code))).toEqual([]);
  expect(["ENOENT", "ERR_DATAWAL_NONE"].filter(isTold)).toEqual([]);
  expect([undefined, null, "ERR_DATAWAL_CLOSED"].filter((value) => isStoreError(value))).toEqual([]);
});

test("with a code only that one counts, and its facts have types", () => {
  const db = DataWal.openSync("/store", { fileSystem: createSimulatedDisk() });
  db.closeSync();
  try {
    db.put("key", "value");
    expect.unreachable();
  } catch (error) {
    expect(isStoreError(error)).toBe(true);
    expect(isStoreError(error, "ERR_DATAWAL_LOCKED")).toBe(false);
    if (isStoreError(error, "ERR_DATAWAL_CLOSED")) expectTypeOf(error.path).toEqualTypeOf<string>();
    expect(isStoreError(error, "ERR_DATAWAL_CLOSED")).toBe(true);
  }
});
