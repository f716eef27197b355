import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { expect, test } from "vitest";
import { RecordLog, RecordLogReader } from "../src/index.js";
import { STORE } from "./kit/store-files.js";

test("a reader that is told to waits for a store, and follows it from its first record", async () => {
  const fileSystem = createSimulatedDisk();
  const opening = RecordLogReader.open(STORE, { fileSystem, waitForStore: true });
  await using log = await RecordLog.open(STORE, { fileSystem });
  await using reader = await opening;
  log.append("first");
  for await (const { payload } of reader.follow({ pollMs: 1 })) {
    expect(Buffer.from(payload).toString()).toBe("first");
    break;
  }
});

test("its signal ends the wait, and on this thread nothing is waited for", async () => {
  const fileSystem = createSimulatedDisk();
  const signal = AbortSignal.timeout(1);
  const opening = RecordLogReader.open(STORE, { fileSystem, waitForStore: true, signal });
  await expect(opening).rejects.toMatchObject({ name: "TimeoutError" });
  expect(() => RecordLogReader.openSync(STORE, { fileSystem, waitForStore: true })).toThrow(
    expect.objectContaining({ code: "ERR_DATAWAL_STORE_NOT_FOUND" }),
  );
});
