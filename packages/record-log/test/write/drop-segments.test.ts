import type { Fault, PortCall, SimulatedDisk } from "@datawal/safeatomic/testing";
import { createSimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { expect, test } from "vitest";
import { type RecordLog, segmentName } from "../../src/index.js";
import { turnOfEventLoop } from "../kit/held-syncs.js";
import { openLog, payloadsOf, payloadsOnDisk } from "../kit/open-log.js";
import { traced } from "../kit/port-trace.js";
import { thrownBy } from "../kit/read-back.js";
import { filesOf, removeFile, STORE } from "../kit/store-files.js";

/** A log of this many segments, one record in each. */
function fill(log: RecordLog, segments: number): RecordLog {
  for (let id = 1; id <= segments; id++) {
    if (id > 1) log.rotateSync();
    log.append(`${id}`);
  }
  log.fsyncSync();
  return log;
}

/** As another program rotates. */
function makeEmptySegments(disk: SimulatedDisk, ...segments: number[]): void {
  for (const segment of segments) disk.open(`${STORE}/${segmentName(segment)}`, "create").close();
}

function openFilled(
  segments: number,
  decide: (call: PortCall) => Fault | undefined | void = () => undefined,
) {
  const disk = createSimulatedDisk();
  const fileSystem = withFaults(disk, decide);
  return { disk, fileSystem, log: fill(openLog(fileSystem, { cacheBytes: 0 }), segments) };
}

test("segments before the one named are removed, oldest first, each removal durable before the next", async () => {
  const { fileSystem, takeNames } = traced(createSimulatedDisk());
  const log = fill(openLog(fileSystem), 4);
  const changes = () => takeNames().filter((name) => /^(removeFile|fsyncDirectory)/.test(name));
  takeNames();
  expect(await log.dropSegmentsBefore(3)).toEqual([1, 2]);
  expect(changes()).toEqual([
    `removeFile ${STORE}/00000001.dwal`,
    `fsyncDirectory ${STORE}`,
    `removeFile ${STORE}/00000002.dwal`,
    `fsyncDirectory ${STORE}`,
  ]);
  expect(log.dropSegmentsBeforeSync(4)).toEqual([3]);
  expect(changes()).toEqual([`removeFile ${STORE}/00000003.dwal`, `fsyncDirectorySync ${STORE}`]);
  expect(payloadsOf(log.scan())).toEqual(["4"]);
});

test("what is dropped stays dropped after a power cut, and the rest is there", async () => {
  const { disk, log } = openFilled(4);
  await log.dropSegmentsBefore(3);
  disk.cutPower();
  const again = openLog(disk);
  expect(payloadsOf(again.scan())).toEqual(["3", "4"]);
  expect(again.recoveryReport().warnings).toEqual([]);
});

test("the active segment stays, whatever is asked, and an id that was never there drops nothing", () => {
  const { log } = openFilled(3);
  expect(log.dropSegmentsBeforeSync(0)).toEqual([]);
  expect(log.dropSegmentsBeforeSync(1)).toEqual([]);
  expect(log.dropSegmentsBeforeSync(-5)).toEqual([]);
  expect(log.dropSegmentsBeforeSync(Number.MAX_SAFE_INTEGER)).toEqual([1, 2]);
  expect(log.segments).toEqual([3]);
});

test("the newest segment that holds a record stays, so that txids go on", () => {
  const { disk, log: writer } = openFilled(2);
  writer.closeSync();
  makeEmptySegments(disk, 3, 4);
  const log = openLog(disk);
  expect(log.dropSegmentsBeforeSync(4)).toEqual([1]);
  expect(log.segments).toEqual([2, 3, 4]);
  log.closeSync();
  expect(openLog(disk).append("next").txid).toBe(3n);
});

test("of a log without a record all sealed segments may go", () => {
  const disk = createSimulatedDisk();
  openLog(disk).closeSync();
  makeEmptySegments(disk, 2, 3);
  expect(openLog(disk).dropSegmentsBeforeSync(3)).toEqual([1, 2]);
});

// The newest record was in the page cache alone. A power cut took it, while the removals had been synced: the log was
// empty, txids began again at 1, and a state machine that replays what is newer than its snapshot skipped the records.
test("the record that stays is durable before any other is removed", () => {
  const { disk, log } = openFilled(1);
  log.rotateSync();
  log.append("newest");
  log.dropSegmentsBeforeSync(2);
  disk.cutPower();
  expect(openLog(disk).lastTxid).toBe(2n);
});

// A segment that somebody else had removed passed for the newest one with a record.
test("a segment that is missing does not count as one that holds a record", () => {
  const { disk, log } = openFilled(2);
  log.rotateSync();
  removeFile(disk, "00000002.dwal");
  expect(log.dropSegmentsBeforeSync(3)).toEqual([]);
  expect(log.segments).toEqual([1, 2, 3]);
});

test("an abort is its reason, and keeps what was not yet removed", async () => {
  for (const abortAtCall of [1, 2, 3]) {
    const { disk, log } = openFilled(4);
    const controller = new AbortController();
    let calls = 0;
    const onProgress = () => {
      if (++calls === abortAtCall) controller.abort("enough");
    };
    await expect(log.dropSegmentsBefore(4, { signal: controller.signal, onProgress })).rejects.toBe("enough");
    const left = 4 - Math.max(0, abortAtCall - 2);
    expect(log.segments).toHaveLength(left);
    expect(payloadsOnDisk(disk)).toHaveLength(left);
    expect(log.append("next").txid).toBe(5n);
  }
});

// A signal that had been aborted before the call was looked at only behind the first removal.
test("a signal that is aborted already removes nothing", async () => {
  const { log } = openFilled(3);
  const signal = AbortSignal.abort("never");
  await expect(log.dropSegmentsBefore(3, { signal })).rejects.toBe("never");
  expect(thrownBy(() => log.dropSegmentsBeforeSync(3, { signal }))).toBe("never");
  expect(log.segments).toEqual([1, 2, 3]);
});

test("progress is told before each removal, in the bytes of the segments", async () => {
  const { log } = openFilled(4);
  const progress: [number, number][] = [];
  await log.dropSegmentsBefore(4, {
    onProgress: ({ bytesDone, bytesTotal }) => progress.push([bytesDone, bytesTotal]),
  });
  expect(progress).toEqual([
    [0, 0],
    [0, 87],
    [29, 87],
    [58, 87],
  ]);
});

// Two at a time had two removals unsynced together: a power cut could keep the older segment, lose the newer one, and
// leave a hole in the log.
test("only one runs at a time", async () => {
  const refusals: unknown[] = [];
  const { log } = openFilled(4, ({ operation, path }) => {
    if (operation !== "removeFile" || !path.endsWith(segmentName(1))) return;
    refusals.push(thrownBy(() => log.dropSegmentsBeforeSync(4)));
    refusals.push(log.dropSegmentsBefore(4).catch((error) => error));
  });
  expect(await log.dropSegmentsBefore(4)).toEqual([1, 2, 3]);
  const refusal = { code: "ERR_DATAWAL_REENTRANT", path: STORE };
  expect(await Promise.all(refusals)).toMatchObject([refusal, refusal]);
  expect(await log.dropSegmentsBefore(4)).toEqual([]);
});

test("appends and rotations go on meanwhile", async () => {
  const { log } = openFilled(3);
  const dropped = log.dropSegmentsBefore(3);
  log.append("meanwhile");
  log.rotateSync();
  await turnOfEventLoop();
  log.append("later");
  expect(await dropped).toEqual([1, 2]);
  expect(payloadsOf(log.scan())).toEqual(["3", "meanwhile", "later"]);
});

test("a removed segment cannot be read any more, and its descriptor is closed", () => {
  const { fileSystem, log } = openFilled(3);
  const ref = [...log.scan()][0]!;
  log.read(ref);
  const openFileCount = fileSystem.openFileCount;
  log.dropSegmentsBeforeSync(2);
  expect(fileSystem.openFileCount).toBe(openFileCount - 1);
  expect(thrownBy(() => log.read(ref))).toMatchObject({ code: "ERR_DATAWAL_RECORD_UNREADABLE" });
});

test("a removed segment is not read from memory", () => {
  const log = fill(openLog(), 3);
  const ref = [...log.scan()][0]!;
  expect(log.read(ref).txid).toBe(1n);
  log.dropSegmentsBeforeSync(2);
  expect(thrownBy(() => log.read(ref))).toMatchObject({ code: "ERR_DATAWAL_RECORD_UNREADABLE" });
});

test("what is no id is refused", async () => {
  const { log } = openFilled(2);
  for (const segment of [Number.NaN, 1.5, "2", undefined, Number.POSITIVE_INFINITY]) {
    const refusal = { code: "ERR_DATAWAL_BAD_OPTION", option: "segment", actual: segment };
    expect(thrownBy(() => log.dropSegmentsBeforeSync(segment as number))).toMatchObject(refusal);
    await expect(log.dropSegmentsBefore(segment as number)).rejects.toMatchObject(refusal);
  }
});

// With nothing to remove, neither was asked for.
test("a closed log refuses, also where nothing would be removed", async () => {
  const { log } = openFilled(2);
  await log.close();
  for (const segment of [0, 9]) {
    await expect(log.dropSegmentsBefore(segment)).rejects.toMatchObject({ code: "ERR_DATAWAL_CLOSED" });
    expect(thrownBy(() => log.dropSegmentsBeforeSync(segment))).toMatchObject({ code: "ERR_DATAWAL_CLOSED" });
  }
});

test("a store whose directory was replaced meanwhile is left alone", () => {
  const { disk, log } = openFilled(3);
  disk.rename(STORE, "/moved");
  disk.makeDirectory(STORE);
  expect(thrownBy(() => log.dropSegmentsBeforeSync(3))).toMatchObject({
    code: "ERR_DATAWAL_REPLACED",
  });
  expect(Object.keys(filesOf(disk, "/moved"))).toEqual(["00000001.dwal", "00000002.dwal", "00000003.dwal"]);
});
