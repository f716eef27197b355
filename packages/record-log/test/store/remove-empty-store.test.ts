import { runSync } from "@datawal/safeatomic/internal";
import { expect, test } from "vitest";
import { RecordLog } from "../../src/index.js";
import { removeEmptyStore } from "../../src/store/remove-empty-store.js";
import { thrownBy } from "../kit/read-back.js";
import { diskWith, STORE } from "../kit/store-files.js";

test("a store without a record is removed", () => {
  const disk = diskWith({});
  RecordLog.openSync(STORE, { fileSystem: disk }).closeSync();
  expect(runSync(removeEmptyStore(disk, STORE))).toBe(true);
  expect(disk.stat(STORE)).toBeUndefined();
});

test("its directory stays where somebody else made it", () => {
  const disk = diskWith({});
  RecordLog.openSync(STORE, { fileSystem: disk }).closeSync();
  expect(runSync(removeEmptyStore(disk, STORE, false))).toBe(true);
  expect(disk.list(STORE)).toEqual([]);
});

test.each(["00000001.dwal", "00000001.cut-0", "notes.txt"])(
  "one that holds something in %s is not",
  (name) => {
    const disk = diskWith({ [name]: Uint8Array.of(1) });
    expect(runSync(removeEmptyStore(disk, STORE))).toBe(false);
    expect(disk.stat(`${STORE}/${name}`)?.size).toBe(1);
  },
);

test("one that somebody has open is not", () => {
  const disk = diskWith({});
  using _log = RecordLog.openSync(STORE, { fileSystem: disk });
  expect(thrownBy(() => runSync(removeEmptyStore(disk, STORE)))).toMatchObject({
    code: "ERR_DATAWAL_LOCKED",
  });
  expect(disk.stat(`${STORE}/00000001.dwal`)).toBeDefined();
});
