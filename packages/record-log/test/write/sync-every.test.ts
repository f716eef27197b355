import { createSimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { describe, expect, test, vi } from "vitest";
import { RecordLog } from "../../src/index.js";
import { withHeldSyncs } from "../kit/held-syncs.js";
import { thrownBy } from "../kit/read-back.js";
import { STORE } from "../kit/store-files.js";

const FOREVER = 2 ** 31 - 1;

function opened(fsyncEveryMs: number, segmentBytesMax = Number.POSITIVE_INFINITY) {
  const { fileSystem, syncs, hold } = withHeldSyncs(createSimulatedDisk());
  const log = RecordLog.openSync(STORE, { fileSystem, fsyncEveryMs, segmentBytesMax });
  hold();
  const syncsBegun = (count: number) => vi.waitUntil(() => syncs.length === count, { interval: 1 });
  return { log, syncs, syncsBegun };
}

test("what is appended is synced, though nobody asks for it, and then nothing more", async () => {
  const { log, syncs, syncsBegun } = opened(1);
  log.append("one");
  log.appendMany(["two", "three"]);
  await syncsBegun(1);
  await syncs[0]!.succeed();
  // What is durable needs no sync.
  await log.fsync();
  expect(syncs).toHaveLength(1);
  log.appendGroup(["four", "five"]);
  await syncsBegun(2);
  await syncs[1]!.succeed();
  log.closeSync();
});

test("what is appended while a sync is in flight gets the next one", async () => {
  const { log, syncs, syncsBegun } = opened(1);
  log.append("one");
  await syncsBegun(1);
  log.append("two");
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(syncs).toHaveLength(1);
  await syncs[0]!.succeed();
  await syncsBegun(2);
  await syncs[1]!.succeed();
  await log.fsync();
  expect(syncs).toHaveLength(2);
  log.closeSync();
});

test("a program that gives the event loop no turn is synced all the same", () => {
  const { log, syncs } = opened(1);
  for (let count = 0; count < 1e6 && syncs.length === 0; count++) log.append("x");
  expect(syncs).toHaveLength(1);
  log.closeSync();
});

// Each sealed segment waited for the end of a sync of its own, which needs a turn, and kept its descriptors.
test("a program that gives the event loop no turn gathers no descriptors, however often it rotates", async () => {
  const disk = withFaults(createSimulatedDisk(), () => undefined);
  const { fileSystem, syncs, hold } = withHeldSyncs(disk);
  const log = RecordLog.openSync(STORE, { fileSystem, fsyncEveryMs: 1, segmentBytesMax: 1 });
  hold();
  const endMs = performance.now() + 20;
  for (let count = 0; count < 100 || performance.now() < endMs; count++) log.append("x");
  expect(syncs).toHaveLength(1);
  expect(disk.openFileCount).toBeLessThan(10);
  await syncs[0]!.succeed();
  log.closeSync();
});

test("a failure poisons the handle, and the next write says so", async () => {
  const { log, syncs, syncsBegun } = opened(1);
  log.append("one");
  await syncsBegun(1);
  await syncs[0]!.fail("EIO");
  expect(log.isPoisoned).toBe(true);
  expect(thrownBy(() => log.append("two"))).toMatchObject({ code: "ERR_DATAWAL_POISONED" });
  await log.close();
});

test("a failure that nobody was told of is told by close", async () => {
  const { log, syncs, syncsBegun } = opened(1);
  log.append("one");
  await syncsBegun(1);
  await syncs[0]!.fail("EIO");
  await expect(log.close()).rejects.toMatchObject({ code: "ERR_DATAWAL_POISONED" });
});

// Close looked for one before it waited for what was in flight.
test.each(["", "of a sealed segment, too"])(
  "a failure while the log is closed is told by close %s",
  async (sealed) => {
    const { log, syncs, syncsBegun } = opened(1);
    log.append("one");
    await syncsBegun(1);
    log.fsyncSync();
    if (sealed) log.rotateSync();
    const closed = expect(log.close()).rejects.toMatchObject({ code: "ERR_DATAWAL_POISONED" });
    await syncs[0]!.fail("EIO");
    await closed;
  },
);

test("behind a rotation it is the next segment that is synced", async () => {
  const { log, syncs, syncsBegun } = opened(1, 40);
  log.append("one");
  log.append("two");
  await syncsBegun(1);
  expect(syncs[0]!.path).toMatch(/00000002\.dwal$/);
  await syncs[0]!.succeed();
  log.closeSync();
});

test("none begins before its time, or when the log is closed", async () => {
  const { log, syncs } = opened(FOREVER);
  log.append("one");
  log.closeSync();
  const other = opened(1);
  other.log.append("one");
  other.log.closeSync();
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect([...syncs, ...other.syncs]).toEqual([]);
});

/**
 * One that came due while another was in flight was left to begin when that was over; by then a rotation, or closing, had
 * synced all of it, and closed the segment: it failed, and poisoned a handle that nothing was wrong with.
 */
describe("one that is due while another is in flight does not begin", () => {
  const withOneDue = async () => {
    const opening = opened(1);
    opening.log.append("one");
    await opening.syncsBegun(1);
    opening.log.append("two");
    await new Promise((resolve) => setTimeout(resolve, 5));
    return opening;
  };
  const turns = () => new Promise((resolve) => setTimeout(resolve, 5));

  test("where a rotation has sealed the segment", async () => {
    const { log, syncs } = await withOneDue();
    log.rotateSync();
    await syncs[0]!.succeed();
    await turns();
    expect(log.isPoisoned).toBe(false);
    expect(syncs).toHaveLength(1);
    log.append("three");
    log.closeSync();
  });

  test("where the log is closed", async () => {
    const { log, syncs } = await withOneDue();
    log.closeSync();
    await syncs[0]!.succeed();
    await turns();
    expect(log.isPoisoned).toBe(false);
    expect(syncs).toHaveLength(1);
  });

  test("where the one in flight covers it", async () => {
    const { log, syncs, syncsBegun } = opened(20);
    log.append("one");
    const synced = log.fsync();
    await syncsBegun(1);
    await new Promise((resolve) => setTimeout(resolve, 30));
    await syncs[0]!.succeed();
    await synced;
    await turns();
    expect(syncs).toHaveLength(1);
    log.closeSync();
  });
});

test.each([0, -1, Number.NaN, 2 ** 31, "100"])("%j milliseconds are refused", (fsyncEveryMs) => {
  const options = { fileSystem: createSimulatedDisk(), fsyncEveryMs } as { fsyncEveryMs: number };
  expect(thrownBy(() => RecordLog.openSync(STORE, options))).toMatchObject({
    name: "RangeError",
    code: "ERR_DATAWAL_BAD_OPTION",
    option: "fsyncEveryMs",
  });
});
