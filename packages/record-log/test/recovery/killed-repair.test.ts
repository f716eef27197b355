import { basename } from "node:path";
import {
  createSimulatedDisk,
  type SimulatedDisk,
  StoppedError,
  withFaults,
} from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import { RecordLog } from "../../src/index.js";
import { concat, frames, raw, type SampleRecord } from "../kit/frames.js";
import { isIdempotent, isPrefixWithAcknowledged } from "../kit/oracle.js";
import { readBack } from "../kit/read-back.js";
import { allOrSample } from "../kit/seeded-random.js";
import { diskWith, filesOf, STORE } from "../kit/store-files.js";

// A process that dies between any two calls of the file system while it opens a store, and one that dies again in the
// open after that. With and without a power cut.

interface Case {
  /** Makes the store as a crash left it; the process that wrote it is dead. */
  make(): SimulatedDisk;
  appended: readonly SampleRecord[];
  /** How many of these were acknowledged, or are on disk for certain. */
  acknowledged: number;
  /** What a quarantine file must hold at the end. */
  discarded?: Uint8Array;
}

const records = [raw(1, "one"), raw(2, "two"), raw(3, "three"), raw(4, "four")];
const junk = new TextEncoder().encode("neither a frame nor zeros, and longer than a header");

const CASES: Record<string, Case> = {
  "a new store": { make: () => createSimulatedDisk(), appended: [], acknowledged: 0 },
  "a clean store": {
    make: () => diskWith({ "00000001.dwal": frames(...records) }),
    appended: records,
    acknowledged: 4,
  },
  "a torn tail": {
    make: () => diskWith({ "00000001.dwal": concat(frames(...records), junk) }),
    appended: records,
    acknowledged: 4,
    discarded: junk,
  },
  "a zero tail": {
    make: () => diskWith({ "00000001.dwal": concat(frames(...records), new Uint8Array(600)) }),
    appended: records,
    acknowledged: 4,
  },
  "a tail that went through no sync": { make: () => unsyncedTail(), appended: records, acknowledged: 2 },
  "a tail that went through no sync, and is torn": {
    make: () => unsyncedTail(17),
    appended: records,
    acknowledged: 2,
  },
};

/** Two records synced, the others not, and perhaps the first bytes of one more; then the process is killed. */
function unsyncedTail(tornBytes = 0): SimulatedDisk {
  const disk = createSimulatedDisk();
  let tornWrites = 0;
  const fileSystem = withFaults(disk, ({ operation }) => {
    if (operation !== "file.append" || tornWrites === 0) return undefined;
    return tornWrites++ === 1 ? { count: tornBytes } : "stop";
  });
  const log = RecordLog.openSync(STORE, { fileSystem });
  records.forEach(({ payload }, index) => {
    log.append(payload);
    if (index === 1) log.fsyncSync();
  });
  tornWrites = tornBytes > 0 ? 1 : 0;
  if (tornBytes > 0) expect(() => log.append("torn")).toThrow();
  disk.killProcess();
  return disk;
}

/** Opens until the `index`-th call; returns whether the process died there. */
function openUntil(disk: SimulatedDisk, index: number): boolean {
  const fileSystem = withFaults(disk, (call) => (call.index === index ? "stop" : undefined));
  try {
    RecordLog.openSync(STORE, { fileSystem }).closeSync();
    return false;
  } catch (error) {
    if (!(error instanceof StoppedError)) throw error;
    return true;
  } finally {
    disk.killProcess();
  }
}

/** What must hold, however often the process died before. */
function expectNothingLost(disk: SimulatedDisk, { appended, acknowledged, discarded }: Case): void {
  const first = readBack(disk);
  isPrefixWithAcknowledged(first.records, appended, acknowledged);
  isIdempotent(first, readBack(disk));
  const files = filesOf(disk);
  const kept = Object.entries(files).filter(([name]) => name.includes(".cut-"));
  if (discarded) expect(kept.map(([, bytes]) => Buffer.from(bytes))).toEqual([Buffer.from(discarded)]);
  expect(Object.keys(files).filter((name) => /\.(tail|new)$/.test(name))).toEqual([]);
}

/** How many calls an undisturbed open and close of this case make. */
function callCount({ make }: Case): number {
  const fileSystem = withFaults(make(), () => undefined);
  RecordLog.openSync(STORE, { fileSystem }).closeSync();
  return fileSystem.callCount;
}

describe.each(Object.entries(CASES))("an open of %s", (_name, one) => {
  test.each([false, true])("loses nothing when it is killed at any call (power cut: %s)", (isPowerCut) => {
    const calls = callCount(one);
    expect(calls).toBeGreaterThan(15);
    for (let index = 0; index < calls; index++) {
      const disk = one.make();
      expect(openUntil(disk, index)).toBe(true);
      if (isPowerCut) disk.cutPower();
      expectNothingLost(disk, one);
    }
  });

  test("loses nothing when the open after that is killed, too", () => {
    const calls = callCount(one);
    for (const first of allOrSample(0, calls - 1, 20)) {
      for (const second of allOrSample(0, calls - 1, 20)) {
        const disk = one.make();
        openUntil(disk, first);
        openUntil(disk, second);
        disk.cutPower();
        expectNothingLost(disk, one);
      }
    }
  });
});

test("a tail that went through no sync is written again, by way of a journal", () => {
  const calls: string[] = [];
  const fileSystem = withFaults(unsyncedTail(17), ({ operation, path, to }) => {
    if (["rename", "removeFile", "file.truncate", "file.append"].includes(operation)) {
      calls.push(`${operation} ${basename(to ?? path)}`);
    }
  });
  RecordLog.openSync(STORE, { fileSystem }).closeSync();
  expect(calls.filter((call) => call !== "file.append 00000001.tail.new")).toEqual([
    "file.append 00000001.cut-127.new",
    "rename 00000001.cut-127",
    "rename 00000001.tail",
    "file.truncate 00000001.dwal",
    "file.append 00000001.dwal",
    "removeFile 00000001.tail",
  ]);
});

test("a repair that cuts before it keeps would be noticed", () => {
  const one = CASES["a torn tail"]!;
  const disk = diskWith({ "00000001.dwal": frames(...records) });
  expect(() => expectNothingLost(disk, one)).toThrow();
});
