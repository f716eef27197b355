import { constants } from "node:os";
import { expect, test } from "vitest";
import { isSafeatomicError, SafeatomicError } from "../src/index.js";
import { errnoOf } from "../src/internal.js";

const error = new SafeatomicError(
  "ERR_DATAWAL_SHORT_WRITE",
  "message",
  { expected: 2, actual: 1 },
  "the cause",
);

test("an error has its code, facts and cause as fields", () => {
  expect(error).toMatchObject({
    name: "SafeatomicError",
    code: "ERR_DATAWAL_SHORT_WRITE",
    expected: 2,
    actual: 1,
    cause: "the cause",
  });
  expect("cause" in new SafeatomicError("ERR_DATAWAL_DANGLING_LINK", "", { path: "/" })).toBe(false);
});

test("isSafeatomicError goes by the code, so that another copy's errors count", () => {
  const anothers = Object.assign(new Error("message"), { code: "ERR_DATAWAL_SHORT_WRITE" });
  expect(isSafeatomicError(error)).toBe(true);
  expect(isSafeatomicError(anothers)).toBe(true);
  expect(isSafeatomicError(anothers, "ERR_DATAWAL_SHORT_WRITE")).toBe(true);
  expect(isSafeatomicError(anothers, "ERR_DATAWAL_FILE_IO")).toBe(false);
});

test.each([
  undefined,
  null,
  "ERR_DATAWAL_FILE_IO",
  {},
  new Error("x"),
  { code: "ENOENT" },
  { code: "toString" },
])("%o is no error of this package", (value) => expect(isSafeatomicError(value)).toBe(false));

// A disk quota that ran out reached the caller as an error without a code of ours.
test("errnoOf knows errors that Node has no name for by their number", () => {
  const number = constants.errno.EDQUOT;
  for (const code of ["UNKNOWN", `Unknown system error -${number}`])
    expect(errnoOf(Object.assign(new Error(), { code, errno: -number }))).toBe("EDQUOT");
});

test("errnoOf names system errors only", () => {
  expect(errnoOf(Object.assign(new Error(), { code: "ENOSPC" }))).toBe("ENOSPC");
  expect(errnoOf(Object.assign(new Error(), { code: "E2BIG" }))).toBe("E2BIG");
  for (const other of [
    error,
    new Error("x"),
    "EIO",
    { code: "EIO" },
    undefined,
    AbortSignal.abort().reason,
  ]) {
    expect(errnoOf(other)).toBe(undefined);
  }
});
