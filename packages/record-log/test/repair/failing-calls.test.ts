import { isIdempotent, isPrefixWithAcknowledged, isTypedRefusal, isWithoutLeak } from "@datawal/oracle";
import { isSafeatomicError } from "@datawal/safeatomic";
import {
  type Fault,
  type FaultyFileSystem,
  type PortCall,
  type SimulatedDisk,
  withFaults,
} from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import { isRecordLogError, RecordLog } from "../../src/index.js";
import { sameBytes } from "../kit/frames.js";
import { readBack } from "../kit/read-back.js";
import { REPAIR_CASES, type RepairCase } from "../kit/repair-cases.js";
import { IS_FULL_RUN } from "../kit/seeded-random.js";
import { type Files, filesOf, keptBytes, STORE } from "../kit/store-files.js";

/** A way in which one call can fail; `undefined` where it does not apply to that call. */
interface Failure {
  name: string;
  fault(call: PortCall): Fault | undefined;
  /** Whether every later call fails likewise. */
  isForEver: boolean;
}

/** A quick run tries one pair of call and failure in so many, over all calls and all failures. */
const SAMPLED_OF = 25;
const ERRNOS = ["EIO", "ENOSPC", "EACCES", "EMFILE", "EROFS"];
const isWrite = ({ operation }: PortCall) => operation === "file.append";
const isRead = ({ operation }: PortCall) => operation === "file.readAt";

const failures: Failure[] = [
  ...ERRNOS.flatMap((errno) =>
    [false, true].map((isForEver) => ({ name: errno, fault: () => ({ errno }), isForEver })),
  ),
  ...[0, 1, 20].flatMap((count) => [
    short(`a write of ${count} bytes`, isWrite, count, false),
    short(`a read of ${count} bytes`, isRead, count, false),
    short(`writes of ${count} bytes`, isWrite, count, true),
    short(`reads of ${count} bytes`, isRead, count, true),
  ]),
];

function short(
  name: string,
  applies: (call: PortCall) => boolean,
  count: number,
  isForEver: boolean,
): Failure {
  return {
    name,
    isForEver,
    fault: (call) => (applies(call) ? { count: Math.min(count, call.byteCount!) } : undefined),
  };
}

interface Attempt {
  fileSystem: FaultyFileSystem;
  /** The error that the open ended with, if it did. */
  error: unknown;
  warnings: string[];
  /** The call that failed first. */
  failed: PortCall | undefined;
}

function openWith(disk: SimulatedDisk, failure: Failure | undefined, failing: number): Attempt {
  const attempt: Attempt = { fileSystem: disk as never, error: undefined, warnings: [], failed: undefined };
  attempt.fileSystem = withFaults(disk, (call) => {
    if (!failure || call.index < failing || (call.index > failing && !failure.isForEver)) return undefined;
    const fault = failure.fault(call);
    if (fault) attempt.failed ??= call;
    return fault;
  });
  try {
    const log = RecordLog.openSync(STORE, { fileSystem: attempt.fileSystem });
    attempt.warnings = log.recoveryReport().warnings.map(({ kind }) => kind);
    log.closeSync();
  } catch (error) {
    attempt.error = error;
  }
  return attempt;
}

/** Oracle sentence 4, and the code is one that these packages document. */
function hasKnownCode(error: unknown): void {
  isTypedRefusal(error);
  expect(isRecordLogError(error) || isSafeatomicError(error), String(error)).toBe(true);
}

/** Oracle sentence 8; what cannot be removed stays (R12), and so does what was there before. */
function leaksNothing({ fileSystem, failed }: Attempt, failure: Failure, before: Files, after: Files): void {
  const mayRemain = failure.isForEver || failed?.operation === "removeFile";
  const added = Object.fromEntries(Object.entries(after).filter(([name]) => !mayRemain && !before[name]));
  const { openFileCount, heldLockCount } = fileSystem;
  isWithoutLeak({ openFileCount, heldLockCount, names: Object.keys(added) });
}

/** Everything is recovered, and what was cut off is kept, unless its loss was reported. */
function recovers(
  disk: SimulatedDisk,
  { records, tail }: RepairCase,
  wasCutWithoutQuarantine: boolean,
): void {
  const first = readBack(disk);
  isPrefixWithAcknowledged(first.records, records, records.length);
  const kept = Object.entries(filesOf(disk)).filter(([name]) => !name.endsWith(".dwal"));
  const isKept = kept.length === 1 && sameBytes(keptBytes(kept[0]![1]), tail);
  if (tail.length > 0 ? !isKept && !wasCutWithoutQuarantine : kept.length > 0)
    throw new Error(
      `expected the tail to be kept once and nothing else, found ${kept.map(([name]) => name)}`,
    );
  isIdempotent(first, readBack(disk));
}

function survives(repair: RepairCase, failure: Failure, failing: number): boolean {
  const disk = repair.prepare();
  const before = disk.stat(STORE) ? filesOf(disk) : {};
  const attempt = openWith(disk, failure, failing);
  if (!attempt.failed) return false;
  if (attempt.error !== undefined) hasKnownCode(attempt.error);
  leaksNothing(attempt, failure, before, disk.stat(STORE) ? filesOf(disk) : {});
  recovers(disk, repair, attempt.warnings.includes("cut-without-quarantine"));
  return true;
}

describe.each(REPAIR_CASES)("$name", (repair) => {
  test("whichever port call of the open fails, and however: a typed error or success; nothing is lost, nothing leaks", () => {
    const calls = openWith(repair.prepare(), undefined, 0).fileSystem.callCount;
    let tried = 0;
    for (let failing = 0; failing < calls; failing++) {
      for (const [index, failure] of failures.entries()) {
        if (!IS_FULL_RUN && (failing + index) % SAMPLED_OF !== 0) continue;
        try {
          if (survives(repair, failure, failing)) tried++;
        } catch (error) {
          throw new Error(`${failure.name}${failure.isForEver ? " for ever" : ""} at call ${failing}`, {
            cause: error,
          });
        }
      }
    }
    expect(tried).toBeGreaterThan((calls * ERRNOS.length * 2) / (IS_FULL_RUN ? 1 : SAMPLED_OF) - calls);
  });
});

test("the check can fail: a lock that is not released, a file that stays open, a temporary that stays", () => {
  const repair = REPAIR_CASES[0]!;
  const disk = repair.prepare();
  const attempt = openWith(disk, undefined, 0);
  const [once] = failures;
  leaksNothing(attempt, once!, filesOf(disk), filesOf(disk));
  const added = { ...filesOf(disk), "00000002.tail.new": new Uint8Array(1) };
  expect(() => leaksNothing(attempt, once!, filesOf(disk), added)).toThrow("oracle: 8 no leak");
  attempt.fileSystem.open(`${STORE}/00000001.dwal`, "read");
  expect(() => leaksNothing(attempt, once!, {}, {})).toThrow("1 files are open");
});

test.skipIf(!IS_FULL_RUN)("the same on the asynchronous path", async () => {
  for (const repair of REPAIR_CASES) {
    const calls = openWith(repair.prepare(), undefined, 0).fileSystem.callCount;
    for (let failing = 0; failing < calls; failing++) {
      const disk = repair.prepare();
      const faulty = withFaults(disk, ({ index }) => (index === failing ? { errno: "EIO" } : undefined));
      const failed = await RecordLog.open(STORE, { fileSystem: faulty })
        .then((log) => log.close())
        .catch((error: unknown) => error);
      if (failed) hasKnownCode(failed);
      expect(faulty.openFileCount + faulty.heldLockCount).toBe(0);
      recovers(disk, repair, false);
    }
  }
});
