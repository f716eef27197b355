import { DataWalError, isDataWalError } from "datawal";
import { expect, test } from "vitest";
import { showKey } from "../src/data-wal-error.js";

const error = new DataWalError("ERR_DATAWAL_BAD_LINE", "message", {
  line: 3,
  reason: "not-base64",
  recordsImported: 2,
});

test("an error carries its code and its facts", () => {
  expect(error).toMatchObject({ name: "DataWalError", code: "ERR_DATAWAL_BAD_LINE", line: 3 });
});

test("errors are told by their code, whatever class they are of", () => {
  const fromAnotherCopy = Object.assign(new Error("message"), { code: "ERR_DATAWAL_BAD_LINE" });
  for (const one of [error, fromAnotherCopy]) {
    expect(isDataWalError(one)).toBe(true);
    expect(isDataWalError(one, "ERR_DATAWAL_BAD_LINE")).toBe(true);
    expect(isDataWalError(one, "ERR_DATAWAL_SWAP_REFUSED")).toBe(false);
  }
  for (const other of [
    undefined,
    null,
    "ERR_DATAWAL_BAD_LINE",
    new Error("x"),
    { code: "ERR_DATAWAL_CLOSED" },
  ]) {
    expect(isDataWalError(other)).toBe(false);
  }
});

test("a key is shown as text where it is text, else as its bytes, and cut where it is long", () => {
  const show = (key: string | number[]) => showKey(Uint8Array.from(Buffer.from(key as string)));
  expect(show("user:1")).toBe('"user:1"');
  expect(show('a"\n')).toBe('"a\\"\\n"');
  expect(show([0xff, 0x00])).toBe("0xff00");
  expect(show("x".repeat(100))).toBe(`"${"x".repeat(48)}"...`);
});
