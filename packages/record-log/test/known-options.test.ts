import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { expect, test } from "vitest";
import { RecordLog, RecordLogReader, salvageToSync, snapshotToSync, verifyLogSync } from "../src/index.js";
import { thrownBy } from "./kit/read-back.js";
import { STORE } from "./kit/store-files.js";

function opened() {
  const fileSystem = createSimulatedDisk();
  RecordLog.openSync(STORE, { fileSystem }).closeSync();
  return { fileSystem };
}

// `segmentMaxBytes: 1e6` was passed over in silence, and segments had 64 MiB.
test.each([
  ["segmentMaxBytes", "did you mean 'segmentBytesMax'?"],
  ["recovery", "did you mean 'recover'?"],
  ["Create", "did you mean 'create'?"],
  ["onprogress", "did you mean 'onProgress'?"],
  [
    "readOnly",
    "options are signal, onProgress, fileSystem, crc32c, mode, segmentBytesMax, fsyncEveryMs, cacheBytes, create, replay, recover",
  ],
])("%s is no option: %s", async (option, advice) => {
  const options = { ...opened(), [option]: 1 };
  const refusal = { code: "ERR_DATAWAL_BAD_OPTION", option, actual: 1 };
  const error = thrownBy(() => RecordLog.openSync(STORE, options));
  expect(error).toBeInstanceOf(TypeError);
  expect(error).toMatchObject({ ...refusal, message: `datawal: expected no option '${option}'; ${advice}` });
  await expect(RecordLog.open(STORE, options)).rejects.toMatchObject(refusal);
});

test("one that is undefined asks for nothing", () => {
  RecordLog.openSync(STORE, { ...opened(), nonsense: undefined } as object).closeSync();
});

test("so it is with whatever takes options of its own", () => {
  const options = { ...opened(), nonsense: true } as object;
  using reader = RecordLogReader.openSync(STORE, opened());
  for (const call of [
    () => RecordLogReader.openSync(STORE, options),
    () => reader.follow({ nonsense: true } as object),
    () => verifyLogSync(STORE, options),
    () => salvageToSync(STORE, "/target", options),
    () => snapshotToSync(STORE, "/target", options),
  ])
    expect(thrownBy(call)).toMatchObject({ code: "ERR_DATAWAL_BAD_OPTION", option: "nonsense" });
});
