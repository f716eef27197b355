import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { expect, test } from "vitest";
import { isRecordLogError, type OpenOptions, RecordLog, RecordLogReader } from "../src/index.js";
import { checkOptions, checkReadOptions } from "../src/open-options.js";
import { traced } from "./kit/port-trace.js";
import { thrownBy } from "./kit/read-back.js";
import { STORE } from "./kit/store-files.js";

const WRONG: [keyof OpenOptions, unknown, typeof TypeError | typeof RangeError][] = [
  ["segmentBytesMax", 0, RangeError],
  ["segmentBytesMax", -1, RangeError],
  ["segmentBytesMax", Number.NaN, RangeError],
  ["segmentBytesMax", "1024", RangeError],
  ["segmentBytesMax", 1024n, RangeError],
  ["segmentBytesMax", null, RangeError],
  ["recover", "best", RangeError],
  ["recover", true, RangeError],
  ["create", "no", TypeError],
  ["create", 0, TypeError],
  ["replay", "yes", TypeError],
  ["crc32c", 7, TypeError],
];

test.each(WRONG)("%s: %o is refused before the disk is touched", async (option, actual, Mistake) => {
  const { fileSystem, takeNames } = traced(createSimulatedDisk());
  const options = { fileSystem, [option]: actual } as OpenOptions;
  const error = thrownBy(() => RecordLog.openSync(STORE, options));
  expect(error).toBeInstanceOf(Mistake);
  expect(error).toMatchObject({ code: "ERR_DATAWAL_BAD_OPTION", option, actual });
  expect(isRecordLogError(error, "ERR_DATAWAL_BAD_OPTION")).toBe(true);
  await expect(RecordLog.open(STORE, options)).rejects.toMatchObject({ code: "ERR_DATAWAL_BAD_OPTION" });
  expect(takeNames()).toEqual([]);
});

test.each([undefined, null, "", 7, {}])("a directory %o is refused", async (dir) => {
  const refusal = { code: "ERR_DATAWAL_BAD_OPTION", option: "dir", actual: dir };
  for (const open of [RecordLog.openSync, RecordLogReader.openSync])
    expect(thrownBy(() => open(dir as string))).toMatchObject(refusal);
  for (const open of [RecordLog.open, RecordLogReader.open])
    await expect(open(dir as string)).rejects.toMatchObject(refusal);
});

test("a reader refuses callbacks that are none", () => {
  const fileSystem = createSimulatedDisk();
  for (const option of ["replay", "onReset", "crc32c"])
    expect(thrownBy(() => RecordLogReader.openSync(STORE, { fileSystem, [option]: 1 }))).toMatchObject({
      code: "ERR_DATAWAL_BAD_OPTION",
      option,
    });
});

test("what is left out is 64 MiB segments, made where missing, the longest valid prefix", () => {
  expect(checkOptions(STORE)).toMatchObject({
    directory: STORE,
    segmentBytesMax: 64 * 1024 * 1024,
    create: true,
    isStrict: false,
    replay: undefined,
  });
  expect(checkOptions(STORE, { segmentBytesMax: undefined, create: undefined, recover: undefined })).toEqual(
    checkOptions(STORE),
  );
});

test("a relative directory counts from the working directory", () => {
  expect(checkReadOptions("store").directory).toBe(`${process.cwd()}/store`);
});
