import { isFormatError } from "@datawal/format";
import { type FileSystem, isSafeatomicError } from "@datawal/safeatomic";
import {
  createSimulatedDisk,
  type Fault,
  type PortCall,
  type PortOperation,
  type SimulatedDisk,
  withFaults,
} from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import { isRecordLogError, type RecordLog, RecordLogReader, snapshotTo, verifyLog } from "../src/index.js";
import { openLog, payloadsOf, payloadsOnDisk } from "./kit/open-log.js";
import { allOrSample, IS_FULL_RUN } from "./kit/seeded-random.js";
import { STORE } from "./kit/store-files.js";

const TARGET = "/backups/copy";
const ERRNOS = ["EIO", "ENOSPC", "EMFILE"];

/** What has been appended so far, and how much of it is acknowledged as durable. */
interface Ledger {
  appended: string[];
  acknowledged: number;
  /** How many of the first records may be gone, because their segments were dropped. */
  droppable: number;
}

interface Operation {
  name: string;
  /** Runs on an open log, with failures, and keeps the ledger as a careful caller would. */
  run(log: RecordLog, ledger: Ledger, fileSystem: FileSystem): unknown;
}

function append(log: RecordLog, ledger: Ledger, payload: string): void {
  log.append(payload);
  ledger.appended.push(payload);
}

const OPERATIONS: Operation[] = [
  { name: "append", run: (log, ledger) => append(log, ledger, "new") },
  { name: "append of a large record", run: (log, ledger) => append(log, ledger, "x".repeat(70_000)) },
  {
    name: "append and fsync",
    run: async (log, ledger) => {
      append(log, ledger, "new");
      await log.fsync();
      ledger.acknowledged = ledger.appended.length;
    },
  },
  {
    name: "append and fsyncSync",
    run: (log, ledger) => {
      append(log, ledger, "new");
      log.fsyncSync();
      ledger.acknowledged = ledger.appended.length;
    },
  },
  {
    name: "append with a rotation by size",
    run: (log, ledger) => {
      append(log, ledger, "x".repeat(200));
      append(log, ledger, "y".repeat(200));
      ledger.acknowledged = ledger.appended.length - 1;
    },
  },
  {
    name: "appendMany over several segments",
    run: (log, ledger) => {
      const payloads = Array.from({ length: 6 }, (_, index) => `many ${index}`);
      try {
        log.appendMany(payloads);
        ledger.appended.push(...payloads);
      } catch (error) {
        if (isRecordLogError(error, "ERR_DATAWAL_BATCH_FAILED"))
          ledger.appended.push(...payloads.slice(0, error.recordsAppended));
        throw error;
      }
    },
  },
  {
    name: "rotate",
    run: async (log, ledger) => {
      append(log, ledger, "new");
      await log.rotate();
      ledger.acknowledged = ledger.appended.length;
    },
  },
  {
    name: "rotateSync",
    run: (log, ledger) => {
      append(log, ledger, "new");
      log.rotateSync();
      ledger.acknowledged = ledger.appended.length;
    },
  },
  {
    name: "dropSegmentsBefore",
    run: async (log, ledger) => {
      append(log, ledger, "new");
      ledger.droppable = 4;
      await log.dropSegmentsBefore(3);
      ledger.acknowledged = ledger.appended.length;
    },
  },
  {
    name: "dropSegmentsBeforeSync",
    run: (log, ledger) => {
      ledger.droppable = 4;
      log.dropSegmentsBeforeSync(9);
    },
  },
  {
    name: "close",
    run: async (log, ledger) => {
      append(log, ledger, "new");
      log.read([...log.scan()][0]!);
      await log.close();
      ledger.acknowledged = ledger.appended.length;
    },
  },
  {
    name: "closeSync",
    run: (log, ledger) => {
      append(log, ledger, "new");
      log.read([...log.scan()][0]!);
      log.closeSync();
      ledger.acknowledged = ledger.appended.length;
    },
  },
  {
    name: "read",
    run: (log) => {
      for (let offset = 0; offset < 58; offset += 29) log.read({ segment: 1, offset, len: 29 });
      log.read({ segment: 2, offset: 0, len: 29 });
    },
  },
  { name: "scan", run: (log) => [...log.scan()] },
  {
    name: "scan, asynchronously",
    run: async (log) => {
      for await (const _ of log.scan());
    },
  },
  {
    name: "a reader",
    run: async (log, ledger, fileSystem) => {
      const reader = await RecordLogReader.open(STORE, { fileSystem });
      try {
        append(log, ledger, "seen by the reader");
        await reader.refresh();
        for (const record of reader.scan()) reader.read(record);
      } finally {
        reader.closeSync();
      }
    },
  },
  { name: "verifyLog", run: (_log, _ledger, fileSystem) => verifyLog(STORE, { fileSystem }) },
  { name: "snapshotTo", run: (_log, _ledger, fileSystem) => snapshotTo(STORE, TARGET, { fileSystem }) },
];

/** A store of three segments with two records each, all durable. */
function filledDisk(): SimulatedDisk {
  const disk = createSimulatedDisk();
  const log = openLog(disk, { segmentBytesMax: 58 });
  log.appendMany(["1", "2", "3", "4", "5", "6"]);
  log.closeSync();
  return disk;
}

/** Runs an operation with failures, closes, and tells how it ended. */
async function attempt({ run }: Operation, decide: (call: PortCall) => Fault | undefined) {
  const disk = filledDisk();
  let isArmed = false;
  const calls: PortOperation[] = [];
  const fileSystem = withFaults(disk, (call) => {
    if (!isArmed) return;
    const index = calls.push(call.operation) - 1;
    return decide({ ...call, index });
  });
  const log = openLog(fileSystem, { segmentBytesMax: 100 });
  const ledger: Ledger = { appended: payloadsOf(log.scan()), acknowledged: 6, droppable: 0 };
  isArmed = true;
  let error: unknown;
  try {
    await run(log, ledger, fileSystem);
  } catch (thrown) {
    error = thrown;
  }
  isArmed = false;
  await log.close();
  return { disk, fileSystem, ledger, calls, error };
}

type Attempt = Awaited<ReturnType<typeof attempt>>;

function hasCode(error: unknown): boolean {
  return isRecordLogError(error) || isSafeatomicError(error) || isFormatError(error);
}

function isPublishedWhole(disk: FileSystem, error: unknown): void {
  if (disk.stat(TARGET) === undefined) return;
  if (error !== undefined) expect(isSafeatomicError(error, "ERR_DATAWAL_CHANGE_NOT_DURABLE")).toBe(true);
  const copy = RecordLogReader.openSync(TARGET, { fileSystem: disk });
  expect(payloadsOf(copy.scan())).toHaveLength(6);
  copy.closeSync();
}

/** What must hold however an operation ended. */
function checkAftermath({ disk, fileSystem, ledger, error }: Attempt, label: string): void {
  if (error !== undefined) expect(hasCode(error), `${label}: ${String(error)}`).toBe(true);
  expect(fileSystem, label).toMatchObject({ openFileCount: 0, heldLockCount: 0 });
  isPublishedWhole(disk, error);
  checkRecords(payloadsOnDisk(disk), ledger, `${label}, then killed`);
  disk.cutPower();
  const log = openLog(disk);
  checkRecords(payloadsOf(log.scan()), ledger, `${label}, then a power cut`);
  log.closeSync();
}

/** A run of what was appended: from the first that was not dropped, to the last acknowledged one or beyond. */
function checkRecords(
  recovered: string[],
  { appended, acknowledged, droppable }: Ledger,
  label: string,
): void {
  const dropped = recovered.length === 0 ? 0 : appended.indexOf(recovered[0]!);
  expect(dropped, label).toBeGreaterThanOrEqual(0);
  expect(dropped, label).toBeLessThanOrEqual(droppable);
  const kept = appended.slice(dropped);
  expect(recovered.slice(0, kept.length), label).toEqual(kept.slice(0, recovered.length));
  expect(dropped + recovered.length, label).toBeGreaterThanOrEqual(acknowledged);
}

describe.each(OPERATIONS)("$name", (operation) => {
  /** Of each call of the port that it makes, in order, what it does. */
  const callsOf = async () => (await attempt(operation, () => undefined)).calls;

  test("whichever call fails: an error with a code, no leak, nothing acknowledged is lost", async () => {
    const calls = await callsOf();
    expect(calls.length).toBeGreaterThan(0);
    for (const failing of allOrSample(0, calls.length - 1, 16))
      for (const errno of IS_FULL_RUN ? ERRNOS : [ERRNOS[failing % ERRNOS.length]!])
        checkAftermath(
          await attempt(operation, ({ index }) => (index === failing ? { errno } : undefined)),
          `${calls[failing]}, call ${failing}, ${errno}`,
        );
  });

  test("whichever call is the first to fail for ever: the same", async () => {
    const calls = await callsOf();
    for (const failing of allOrSample(0, calls.length - 1, 6))
      checkAftermath(
        await attempt(operation, ({ index }) => (index >= failing ? { errno: "EIO" } : undefined)),
        `from ${calls[failing]}, call ${failing}`,
      );
  });

  test("whichever read or write is short: it is as if it had not been", async () => {
    for (const [short, call] of (await callsOf()).entries()) {
      if (!/^file\.(readAt|append)/.test(call)) continue;
      const found = await attempt(operation, ({ index }) => (index === short ? { count: 1 } : undefined));
      expect(found.error).toBeUndefined();
      checkAftermath(found, `${call}, call ${short}`);
    }
  });
});

test("the check can fail: a record that was acknowledged and is not there is noticed", async () => {
  const found = await attempt(OPERATIONS[2]!, () => undefined);
  found.ledger.appended.push("never written");
  found.ledger.acknowledged++;
  expect(() => checkAftermath(found, "planted")).toThrow("planted");
});
