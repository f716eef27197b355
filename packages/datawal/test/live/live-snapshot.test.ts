import { recordWireSize } from "@datawal/format";
import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { DataWal, RecordLog } from "datawal";
import { expect, test } from "vitest";
import { Keydir } from "../../src/keydir/keydir.js";
import { LiveSnapshot } from "../../src/live/live-snapshot.js";

test("sorting many keys is a matter of many steps, which tell the bytes counted so far, and then all of them", () => {
  const COUNT = 40_000;
  const keydir = new Keydir();
  for (let index = 0; index < COUNT; index++) {
    keydir.set(Buffer.from(String(index)), {
      segment: 1,
      offset: 0,
      len: recordWireSize(String(index).length, 7),
    });
  }
  using log = RecordLog.openSync("/store", { fileSystem: createSimulatedDisk() });
  const steps = [...new LiveSnapshot(log, keydir).sort((_, valueLen) => valueLen)];
  const totals = steps.map((step) =>
    step.kind === "progress" && step.bytesDone === 0 ? step.bytesTotal : -1,
  );
  expect(totals.length).toBeGreaterThan(8);
  expect(totals[0]).toBeGreaterThan(0);
  expect(totals).toEqual(totals.toSorted((a, b) => a - b));
  expect(totals.at(-1)).toBe(COUNT * 7);
});

test("a compaction and an export can be given up while they sort", async () => {
  const fileSystem = createSimulatedDisk();
  using store = DataWal.openSync("/store", { fileSystem });
  store.putMany(Array.from({ length: 20_000 }, (_, index) => [String(index), ""] as const));
  for (const begin of [store.compactTo.bind(store, "/target"), store.exportJsonl.bind(store, "/target")]) {
    let steps = 0;
    const onProgress = () => {
      if (++steps === 4) throw new Error("given up");
    };
    await expect(begin({ onProgress })).rejects.toThrow("given up");
    expect(fileSystem.stat("/target")).toBeUndefined();
  }
});
