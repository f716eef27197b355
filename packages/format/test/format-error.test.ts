import { encodeRecord, FormatError, isFormatError, RecordType } from "@datawal/format";
import { expect, test } from "vitest";
import { thrownBy } from "./sample-frames.js";

const mistake = thrownBy(() => encodeRecord({ type: RecordType.Raw, txid: -1n }));

test("an error is known by its code, a caller's mistake included", () => {
  expect(isFormatError(mistake)).toBe(true);
  expect(isFormatError(mistake, "ERR_DATAWAL_BAD_TXID")).toBe(true);
  expect(isFormatError(mistake, "ERR_DATAWAL_BAD_MAGIC")).toBe(false);
});

test("an error of another copy of the package is known too", () => {
  const foreign = Object.assign(new Error("from elsewhere"), { code: "ERR_DATAWAL_CRC_MISMATCH" });

  expect(isFormatError(foreign)).toBe(true);
});

test("other errors and other values are not", () => {
  const others = [
    new Error("plain"),
    Object.assign(new Error(), { code: "ENOENT" }),
    null,
    undefined,
    "text",
  ];
  for (const other of others) expect(isFormatError(other)).toBe(false);
  expect(isFormatError({ code: "toString" })).toBe(false);
});

test("a code narrows to its facts", () => {
  const error: unknown = new FormatError("ERR_DATAWAL_CRC_MISMATCH", "text", {
    offset: 1,
    stored: 2,
    computed: 3,
  });

  if (!isFormatError(error, "ERR_DATAWAL_CRC_MISMATCH")) throw new Error("not known");
  const facts: [number, number, number] = [error.offset, error.stored, error.computed];
  expect(facts).toEqual([1, 2, 3]);
  expect(error.name).toBe("FormatError");
});
