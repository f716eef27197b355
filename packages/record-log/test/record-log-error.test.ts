import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { isRecordLogError, RecordLogError, type RecordLogErrorCode } from "../src/index.js";
import { closedError, storeIoError, withCode } from "../src/record-log-error.js";

describe("isRecordLogError", () => {
  test("goes by the code, and narrows to its facts", () => {
    const error: unknown = closedError("/store");
    expect(isRecordLogError(error)).toBe(true);
    expect(isRecordLogError(error, "ERR_DATAWAL_LOCKED")).toBe(false);
    expect(isRecordLogError(error, "ERR_DATAWAL_CLOSED") && error.path).toBe("/store");
  });

  // It asked for `instanceof Error` and the name of the class: a caller's mistake did not count, and no error of
  // another realm did.
  test("counts a caller's mistake, and an error of another realm or copy", () => {
    const mistake = withCode(new RangeError("wrong"), "ERR_DATAWAL_BAD_OPTION", { option: "dir", actual: 1 });
    expect(isRecordLogError(mistake, "ERR_DATAWAL_BAD_OPTION") && mistake.option).toBe("dir");
    expect(
      isRecordLogError(runInNewContext("Object.assign(new Error(), { code: 'ERR_DATAWAL_CLOSED' })")),
    ).toBe(true);
  });

  test.each([
    undefined,
    null,
    "ERR_DATAWAL_CLOSED",
    {},
    new Error("x"),
    Object.assign(new Error("x"), { code: "ENOENT" }),
    Object.assign(new Error("x"), { code: "ERR_DATAWAL_KEY_TOO_LARGE" }),
    Object.assign(new Error("x"), { code: "toString" }),
  ])("says no to %o", (error) => {
    expect(isRecordLogError(error)).toBe(false);
  });
});

test("an error has its facts as fields, and its cause", () => {
  const cause = new Error("EIO");
  const facts = { path: "/store/00000001.dwal", segment: 1 };
  const error = new RecordLogError("ERR_DATAWAL_FSYNC_FAILED", "the message", facts, cause);
  expect(error).toMatchObject({ ...facts, name: "RecordLogError", code: "ERR_DATAWAL_FSYNC_FAILED", cause });
  expect("cause" in closedError("/store")).toBe(false);
});

describe("storeIoError", () => {
  test("names what was being done, where, and what to do", () => {
    const cause = Object.assign(new Error("EACCES: permission denied"), {
      code: "EACCES",
      path: "/store/.lock",
    });
    expect(storeIoError(cause, "open", "/store")).toMatchObject({
      code: "ERR_DATAWAL_STORE_IO" satisfies RecordLogErrorCode,
      path: "/store/.lock",
      operation: "open",
      errno: "EACCES",
      cause,
      message: expect.stringMatching(/open \/store\/\.lock failed.*EACCES; check who owns the directory/),
    });
  });

  test("names the store where the system names nothing", () => {
    const cause = Object.assign(new Error("EIO"), { code: "EIO" });
    expect(storeIoError(cause, "read", "/store")).toMatchObject({ path: "/store" });
  });

  test.each([new Error("not of the system"), closedError("/store"), "a reason"])("passes on %s", (error) => {
    expect(storeIoError(error, "read", "/store")).toBe(error);
  });
});
