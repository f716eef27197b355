import { encodeRecord, MAX_KEY_LEN, RecordType } from "@datawal/format";
import { createSimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import { concat } from "../kit/frames.js";
import { wrappingOpenFiles } from "../kit/open-file-wrapper.js";
import { openLog, payloadsOf } from "../kit/open-log.js";
import { thrownBy } from "../kit/read-back.js";
import { filesOf, STORE } from "../kit/store-files.js";

const { Raw, Put, Delete } = RecordType;
const FIRST = "00000001.dwal";

/** Around the length up to which a frame is encoded into the reused buffer, and far beyond. */
const SAMPLES = [
  { type: Raw, key: "", payload: "" },
  { type: Put, key: "key", payload: "value" },
  { type: Delete, key: "key", payload: "" },
  { type: Raw, key: "", payload: new Uint8Array(65_536 - 28).fill(1) },
  { type: Raw, key: "", payload: new Uint8Array(65_536 - 27).fill(2) },
  { type: Put, key: new Uint8Array(MAX_KEY_LEN).fill(3), payload: "" },
  { type: Put, key: "k".repeat(70), payload: new Uint8Array(3_000_000).fill(4) },
];

test("the bytes on disk are those that the codec encodes, whatever the size", () => {
  const disk = createSimulatedDisk();
  const log = openLog(disk);
  for (const { type, key, payload } of SAMPLES) log.appendRecord(type, key, payload);
  log.appendMany(SAMPLES);
  const expected = [...SAMPLES, ...SAMPLES].map((record, index) =>
    encodeRecord({ ...record, txid: BigInt(index + 1) }),
  );
  expect(Buffer.compare(filesOf(disk)[FIRST]!, concat(...expected))).toBe(0);
});

test("a large payload goes to the kernel from the caller's memory", () => {
  const written: Uint8Array[] = [];
  const log = openLog(
    wrappingOpenFiles(createSimulatedDisk(), (file) => ({
      appendParts: (parts) => {
        written.push(...parts);
        return file.appendParts(parts);
      },
    })),
  );
  const payload = new Uint8Array(100_000);
  log.append(payload);
  expect(written.some(({ buffer }) => buffer === payload.buffer)).toBe(true);
});

test("the segment is open twice, and not at all once the log is closed", () => {
  const fileSystem = withFaults(createSimulatedDisk(), () => undefined);
  const log = openLog(fileSystem);
  expect(fileSystem.openFileCount).toBe(2);
  log.closeSync();
  expect(fileSystem.openFileCount).toBe(0);
});

describe("a short write", () => {
  /** The first writes of the record take only so many bytes. */
  function openWithShortWrites(...counts: number[]) {
    const disk = createSimulatedDisk();
    let calls = 0;
    const fileSystem = withFaults(disk, ({ operation, path }) => {
      if (!operation.startsWith("file.append") || !path.endsWith(FIRST)) return;
      const count = counts[calls++];
      return count === undefined ? undefined : { count };
    });
    return { disk, log: openLog(fileSystem), calls: () => calls };
  }

  test.each([10, 200_000])("of %i bytes is continued once", (size) => {
    for (const count of [0, 1, 23, 24, 27, size + 27]) {
      const { log, calls } = openWithShortWrites(count);
      const ref = log.append(new Uint8Array(size).fill(5));
      expect(calls()).toBe(2);
      expect(Buffer.compare(log.read(ref).payload, new Uint8Array(size).fill(5))).toBe(0);
      expect(log.append("next").offset).toBe(ref.len);
    }
  });

  test.each([10, 200_000])("of %i bytes twice poisons, and says how many were written", (size) => {
    const { disk, log, calls } = openWithShortWrites(20, 5);
    expect(thrownBy(() => log.append(new Uint8Array(size)))).toMatchObject({
      code: "ERR_DATAWAL_APPEND_FAILED",
      path: `${STORE}/${FIRST}`,
      segment: 1,
      cause: { code: "ERR_DATAWAL_SHORT_WRITE", expected: size + 28, actual: 25 },
    });
    expect(calls()).toBe(2);
    expect(log.isPoisoned).toBe(true);
    expect(filesOf(disk)[FIRST]!.length).toBe(25);
  });

  test("of a batch that is not continued leaves no record of it, and opening again heals", () => {
    const { disk, log } = openWithShortWrites(undefined!, 40, 0);
    log.append("before");
    expect(thrownBy(() => log.appendMany(["a", "b", "c"]))).toMatchObject({
      code: "ERR_DATAWAL_BATCH_FAILED",
      recordsAppended: 0,
      cause: { code: "ERR_DATAWAL_APPEND_FAILED" },
    });
    expect(payloadsOf(log.scan())).toEqual(["before"]);
    log.closeSync();
    const again = openLog(disk);
    // Prefix-atomic: the first record of the batch was written whole.
    expect(payloadsOf(again.scan())).toEqual(["before", "a"]);
    expect(again.append("next")).toMatchObject({ txid: 3n });
  });
});

test("a segment that another program has grown is not appended to", () => {
  const disk = createSimulatedDisk();
  openLog(disk).closeSync();
  let stats = 0;
  const grown = wrappingOpenFiles(disk, (file, path) => ({
    stat: () => {
      const stat = file.stat();
      // Recovery looks twice; the third look is the writer's own.
      return path.endsWith(FIRST) && ++stats > 2 ? { ...stat, size: stat.size + 1 } : stat;
    },
  }));
  const fileSystem = withFaults(grown, () => undefined);
  expect(thrownBy(() => openLog(fileSystem))).toMatchObject({
    code: "ERR_DATAWAL_SEGMENT_CHANGED",
    expected: 0,
    actual: 1,
  });
  expect(fileSystem).toMatchObject({ openFileCount: 0, heldLockCount: 0 });
});
