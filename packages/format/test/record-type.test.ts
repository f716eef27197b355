import { RecordType, recordTypeName } from "@datawal/format";
import { expect, test } from "vitest";
import { thrownBy } from "./sample-frames.js";

test("every record type has its byte and its name", () => {
  expect(Object.entries(RecordType)).toEqual([
    ["Raw", 0],
    ["Put", 1],
    ["Delete", 2],
  ]);
  for (const [name, type] of Object.entries(RecordType)) expect(recordTypeName(type)).toBe(name);
});

test("another byte has no name", () => {
  for (const type of [3, 255, -1, 0.5, "0", undefined]) {
    const error = thrownBy(() => recordTypeName(type as RecordType));

    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({ code: "ERR_DATAWAL_BAD_RECORD_TYPE", actual: type });
  }
});
