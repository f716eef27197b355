import { RecordType } from "@datawal/format";
import { createSimulatedDisk, type PortCall, withFaults } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import type { RecordLog } from "../../src/index.js";
import { openLog, payloadsOf, payloadsOnDisk } from "../kit/open-log.js";
import { thrownBy } from "../kit/read-back.js";
import { STORE } from "../kit/store-files.js";

const FIRST = `${STORE}/00000001.dwal`;
const SECOND = `${STORE}/00000002.dwal`;

interface FailingStep {
  step: string;
  /** What is called, and the calls of the port that fail meanwhile. */
  run(log: RecordLog): unknown;
  fails(call: PortCall, indexOfKind: number): boolean;
  /** The reference's words, where it has the step. */
  reason: string;
  code: string;
  /** What the log has then. */
  left?: string[];
}

const LEFT = ["durable", "appended"];

const rotates = (log: RecordLog) => log.rotateSync();
const at = (operation: string, path: string) => (call: PortCall) =>
  call.operation === operation && call.path === path;
const nth = (operation: string, path: string, n: number) => (call: PortCall, indexOfKind: number) =>
  at(operation, path)(call) && indexOfKind === n;

const STEPS: FailingStep[] = [
  {
    step: "append",
    run: (log) => log.append("lost"),
    fails: at("file.append", FIRST),
    reason: "append_record write_all failed",
    code: "ERR_DATAWAL_APPEND_FAILED",
  },
  {
    step: "append of a large record",
    run: (log) => log.append(new Uint8Array(100_000)),
    // It rotates first: that succeeds.
    fails: at("file.appendParts", SECOND),
    reason: "append_record write_all failed",
    code: "ERR_DATAWAL_APPEND_FAILED",
  },
  {
    step: "fsync",
    run: (log) => log.fsync(),
    fails: at("file.fsync", FIRST),
    reason: "fsync sync_all failed",
    code: "ERR_DATAWAL_FSYNC_FAILED",
  },
  {
    step: "fsyncSync",
    run: (log) => log.fsyncSync(),
    fails: at("file.fsyncSync", FIRST),
    reason: "fsync sync_all failed",
    code: "ERR_DATAWAL_FSYNC_FAILED",
  },
  {
    step: "rotate: sync of the old segment",
    run: rotates,
    fails: at("file.fsyncSync", FIRST),
    reason: "rotate sync_all on previous segment failed",
    code: "ERR_DATAWAL_FSYNC_FAILED",
  },
  {
    step: "rotation by size: sync of the old segment",
    run: (log) => log.append(new Uint8Array(2000)),
    fails: at("file.fsyncSync", FIRST),
    reason: "rotate sync_all on previous segment failed",
    code: "ERR_DATAWAL_FSYNC_FAILED",
  },
  {
    step: "rotate: creating the new segment",
    run: rotates,
    fails: nth("open", SECOND, 0),
    reason: "rotate create new segment failed",
    code: "ERR_DATAWAL_ROTATE_FAILED",
  },
  {
    step: "rotate: sync of the directory",
    run: rotates,
    fails: at("fsyncDirectorySync", STORE),
    reason: "rotate fsync_dir after segment create failed",
    code: "ERR_DATAWAL_ROTATE_FAILED",
  },
  {
    step: "rotate: opening the new segment",
    run: rotates,
    fails: nth("open", SECOND, 1),
    reason: "rotate open new active segment failed",
    code: "ERR_DATAWAL_ROTATE_FAILED",
  },
  {
    step: "rotate: opening it a second time",
    run: rotates,
    fails: nth("open", SECOND, 2),
    reason: "rotate open new active segment failed",
    code: "ERR_DATAWAL_ROTATE_FAILED",
  },
  {
    step: "rotate: looking at what was made",
    run: rotates,
    fails: nth("file.stat", SECOND, 0),
    reason: "rotate create new segment failed",
    code: "ERR_DATAWAL_ROTATE_FAILED",
  },
  {
    step: "rotate: looking at what was opened",
    run: rotates,
    fails: nth("file.stat", SECOND, 1),
    reason: "rotate open new active segment failed",
    code: "ERR_DATAWAL_ROTATE_FAILED",
  },
  {
    step: "rotate: closing the old segment",
    run: rotates,
    fails: at("file.close", FIRST),
    reason: "rotate close previous segment failed",
    code: "ERR_DATAWAL_ROTATE_FAILED",
  },
  {
    step: "rotate: the new segment's note",
    run: rotates,
    fails: nth("lock.writeNote", `${STORE}/.lock`, 1),
    reason: "rotate note of new active segment failed",
    code: "ERR_DATAWAL_ROTATE_FAILED",
  },
  {
    step: "drop: removing the segment",
    run: (log) => {
      log.rotateSync();
      log.append("kept");
      log.dropSegmentsBeforeSync(2);
    },
    fails: at("removeFile", FIRST),
    reason: "drop segment failed",
    code: "ERR_DATAWAL_DROP_FAILED",
    left: [...LEFT, "kept"],
  },
  {
    step: "drop: sync of the directory",
    run: (log) => {
      log.rotateSync();
      log.append("kept");
      log.dropSegmentsBeforeSync(2);
    },
    fails: nth("fsyncDirectorySync", STORE, 1),
    reason: "drop segment failed",
    code: "ERR_DATAWAL_DROP_FAILED",
    left: ["kept"],
  },
];

/** A log with one durable and one appended record, whose next step has failed. */
async function poisonedBy({ run, fails }: FailingStep) {
  const disk = createSimulatedDisk();
  const counts = new Map<string, number>();
  let isBroken = false;
  const calls: string[] = [];
  const fileSystem = withFaults(disk, (call) => {
    calls.push(call.operation);
    if (!isBroken) return;
    const kind = `${call.operation} ${call.path}`;
    const indexOfKind = counts.get(kind) ?? 0;
    counts.set(kind, indexOfKind + 1);
    return fails(call, indexOfKind) ? { errno: "EIO" } : undefined;
  });
  const log = openLog(fileSystem, { segmentBytesMax: 1000 });
  log.append("durable");
  log.fsyncSync();
  log.append("appended");
  isBroken = true;
  const error = await Promise.resolve()
    .then(() => run(log))
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
  isBroken = false;
  calls.length = 0;
  return { disk, fileSystem, log, error, calls };
}

describe.each(STEPS)("a failure of $step", (failing) => {
  test("says what failed, and poisons with the reference's text", async () => {
    const { log, error } = await poisonedBy(failing);
    expect(error).toMatchObject({ code: failing.code, cause: { code: "EIO" } });
    expect(log.isPoisoned).toBe(true);
    expect(thrownBy(() => log.append("refused"))).toMatchObject({
      code: "ERR_DATAWAL_POISONED",
      path: STORE,
      reason: failing.reason,
      message: `datawal: writer poisoned: ${failing.reason}; drop handle and reopen`,
      cause: (error as Error).cause,
    });
  });

  test("refuses every mutation without a call of the port", async () => {
    const { log, calls } = await poisonedBy(failing);
    const refusal = { code: "ERR_DATAWAL_POISONED", reason: failing.reason };
    const mutations = [
      () => log.append("x"),
      () => log.appendRecord(RecordType.Put, "k", "v"),
      () => log.appendMany(["x"]),
      () => log.appendMany([]),
      () => log.fsyncSync(),
      () => log.rotateSync(),
      () => log.dropSegmentsBeforeSync(1),
      () => log.dropSegmentsBeforeSync(9),
    ];
    for (const mutation of mutations) expect(thrownBy(mutation)).toMatchObject(refusal);
    const later = [log.fsync(), log.rotate(), log.dropSegmentsBefore(1), log.dropSegmentsBefore(9)];
    expect(await Promise.allSettled(later)).toMatchObject(Array(4).fill({ reason: refusal }));
    expect(calls).toEqual([]);
  });

  test("keeps the log readable", async () => {
    const { log } = await poisonedBy(failing);
    expect(payloadsOf(log.scan())).toEqual(failing.left ?? LEFT);
    for (const record of log.scan()) expect(log.read(record)).toEqual(record);
  });

  test("lets the log be closed, without a sync, and opened again to go on", async () => {
    const { disk, fileSystem, log, calls } = await poisonedBy(failing);
    await log.close();
    expect(calls.filter((operation) => operation.includes("sync"))).toEqual([]);
    expect(fileSystem).toMatchObject({ openFileCount: 0, heldLockCount: 0 });
    const again = openLog(disk);
    again.append("next");
    await again.fsync();
    again.closeSync();
    disk.cutPower();
    expect(payloadsOnDisk(disk)).toEqual([...(failing.left ?? LEFT), "next"]);
  });
});

test("the first failure wins", async () => {
  const { log, error } = await poisonedBy(STEPS[0]!);
  const first = thrownBy(() => log.append("x"));
  const second = thrownBy(() => log.rotateSync());
  expect(first).toMatchObject({ cause: (error as Error).cause });
  expect(second).toEqual(first);
});
