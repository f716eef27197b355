import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { expect, test } from "vitest";
import { DataWal, json, type StandardSchema } from "../src/index.js";

/** A date, as its text in JSON; as zod's, valibot's and arktype's schemas are seen from outside. */
const DATE: StandardSchema<{ at: string }, { at: Date }> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate(value) {
      const { at } = value as { at: unknown };
      const date = new Date(typeof at === "string" ? at : "");
      return Number.isNaN(date.valueOf())
        ? { issues: [{ message: "expected a date", path: ["at"] }] }
        : { value: { at: date } };
    },
  },
};

test("what is given is stored as it is, and read as the schema makes it", () => {
  const fileSystem = createSimulatedDisk();
  using db = DataWal.openSync("/store", { fileSystem, value: json(DATE) });
  db.put("k", { at: "2026-01-02" });
  expect(db.get("k")).toEqual({ at: new Date("2026-01-02") });
  expect(Buffer.from(db.read(db.refOf("k")!).payload).toString()).toBe('{"at":"2026-01-02"}');
});

test("what the schema does not allow is refused on the way in, and on the way out", () => {
  const fileSystem = createSimulatedDisk();
  const issues = [{ message: "expected a date", path: ["at"] }];
  const invalid = expect.objectContaining({
    code: "ERR_DATAWAL_NOT_VALID",
    issues,
    message:
      "datawal: json expected a value that its schema allows, found 1 issues, the first: at: expected a date",
  });
  using db = DataWal.openSync("/store", { fileSystem, value: json(DATE) });
  expect(() => db.put("k", { at: "soon" })).toThrow(invalid);
  expect(db.size).toBe(0);
  db.closeSync();
  DataWal.openSync("/store", { fileSystem, value: json() })[Symbol.dispose]();
  const other = DataWal.openSync("/store", { fileSystem, value: json<unknown>() });
  other.put("k", { at: 7 });
  other.closeSync();
  using again = DataWal.openSync("/store", { fileSystem, value: json(DATE) });
  expect(() => again.get("k")).toThrow(
    expect.objectContaining({ code: "ERR_DATAWAL_DECODE_FAILED", cause: invalid }),
  );
});

test("a schema that validates later is refused", () => {
  const later = {
    "~standard": { ...DATE["~standard"], validate: async () => ({ value: { at: new Date() } }) },
  };
  expect(() => json(later as typeof DATE).encode({ at: "2026-01-02" })).toThrow("validates asynchronously");
});

// The promise was dropped; vitest fails where a rejection is not handled, and so does a program.
test("a schema that fails later is refused, and nothing else", async () => {
  const validate = () => Promise.reject(new Error("a service is down"));
  const later = { "~standard": { ...DATE["~standard"], validate } };
  expect(() => json(later as unknown as typeof DATE).encode({ at: "" })).toThrow("validates asynchronously");
  await new Promise(setImmediate);
});

// `json({})`, of an object that was meant for options, failed at the first put, and at each read.
test("what is no schema is refused at once", () => {
  for (const schema of [{}, null, { "~standard": {} }, "zod", () => true])
    expect(() => json(schema as never)).toThrow(
      expect.objectContaining({ name: "TypeError", code: "ERR_DATAWAL_BAD_OPTION", option: "schema" }),
    );
});
