import { Channel, subscribe, unsubscribe } from "node:diagnostics_channel";
import { createSimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { expect, test, vi } from "vitest";
import { RecordLog } from "../src/index.js";
import { turnOfEventLoop, withHeldSyncs } from "./kit/held-syncs.js";
import { thrownBy } from "./kit/read-back.js";
import { STORE } from "./kit/store-files.js";

const NAMES = ["append", "sync", "rotation", "recovery", "poison", "untold"];

/** What is told on all channels meanwhile. */
async function toldDuring(work: () => unknown): Promise<unknown[]> {
  const told: unknown[] = [];
  const listeners = NAMES.map((name) => {
    const listener = (event: unknown) => void told.push([name, event]);
    subscribe(`datawal:${name}`, listener);
    return () => unsubscribe(`datawal:${name}`, listener);
  });
  try {
    await work();
    await turnOfEventLoop();
  } finally {
    for (const stop of listeners) stop();
  }
  return told;
}

const directory = STORE;
const path = (segment: number) => `${STORE}/0000000${segment}.dwal`;
const durationMs = expect.any(Number);

test("an open, appends, syncs and rotations are told", async () => {
  const fileSystem = createSimulatedDisk();
  const told = await toldDuring(async () => {
    const log = RecordLog.openSync(STORE, { fileSystem });
    log.append("12");
    log.appendMany(["3", "4"]);
    await Promise.all([log.fsync(), log.fsync()]);
    log.append("5");
    log.rotateSync();
    log.closeSync();
  });
  expect(told).toEqual([
    ["recovery", { directory, report: expect.objectContaining({ recordsReplayed: 0, warnings: [] }) }],
    ["append", { directory, segment: 1, records: 1, bytes: 30 }],
    ["append", { directory, segment: 1, records: 2, bytes: 58 }],
    ["sync", { path: path(1), durationMs, callersServed: 2 }],
    ["append", { directory, segment: 1, records: 1, bytes: 29 }],
    ["sync", { path: path(1), durationMs, callersServed: 1 }],
    ["rotation", { directory, sealedSegment: 1, activeSegment: 2 }],
  ]);
});

test("a sync that fails is told, and that the handle is closed to writing, once", async () => {
  const fileSystem = withFaults(createSimulatedDisk(), ({ operation }) =>
    operation === "file.fsync" && log ? { errno: "EIO" } : undefined,
  );
  let log: RecordLog | undefined;
  log = RecordLog.openSync(STORE, { fileSystem });
  const told = await toldDuring(async () => {
    log!.append("1");
    await log!.fsync().catch(() => undefined);
    thrownBy(() => log!.append("2"));
    await log!.close();
  });
  const cause = expect.objectContaining({ code: "EIO" });
  expect(told.slice(1)).toEqual([
    ["sync", { path: path(1), durationMs, callersServed: 0, error: cause }],
    ["poison", { directory, reason: "fsync sync_all failed", cause }],
  ]);
});

// It was said to have answered those who were refused.
test("a sync that succeeds behind the failure of another has answered nobody", async () => {
  const disk = withFaults(createSimulatedDisk(), ({ operation }) =>
    operation === "file.fsyncSync" && isFailing ? { errno: "EIO" } : undefined,
  );
  const { fileSystem, syncs, hold } = withHeldSyncs(disk);
  let isFailing = false;
  const log = RecordLog.openSync(STORE, { fileSystem });
  hold();
  log.append("1");
  const synced = expect(log.fsync()).rejects.toMatchObject({ code: "ERR_DATAWAL_POISONED" });
  isFailing = true;
  thrownBy(() => log.fsyncSync());
  const told = await toldDuring(() => syncs[0]!.succeed());
  await synced;
  expect(told).toEqual([["sync", { path: path(1), durationMs, callersServed: 0 }]]);
  await log.close();
});

// In the middle of a rotation it would have been sealed unsynced.
test("a subscriber that appends does so behind the call under way", async () => {
  const fileSystem = createSimulatedDisk();
  const log = RecordLog.openSync(STORE, { fileSystem });
  log.append("1");
  const onSync = () => void (log.lastTxid < 2n && log.append("2"));
  subscribe("datawal:sync", onSync);
  log.rotateSync();
  expect(log.lastTxid).toBe(1n);
  await turnOfEventLoop();
  unsubscribe("datawal:sync", onSync);
  expect([...log.scan()].map(({ segment }) => segment)).toEqual([1, 2]);
  log.closeSync();
});

test("without a subscriber nothing is told, and nothing made to be told", async () => {
  const publish = vi.spyOn(Channel.prototype, "publish");
  const log = RecordLog.openSync(STORE, { fileSystem: createSimulatedDisk() });
  log.append("1");
  await log.fsync();
  log.rotateSync();
  log.closeSync();
  await turnOfEventLoop();
  expect(publish).not.toHaveBeenCalled();
  publish.mockRestore();
});

// A loop of puts that gave nobody a turn, beside a dashboard, took memory until the process was killed.
test("of events that nobody gets a turn to see no more are kept than 4,096, and the others are counted", async () => {
  const told = await toldDuring(() => {
    const log = RecordLog.openSync(STORE, { fileSystem: createSimulatedDisk() });
    for (let count = 0; count < 5000; count++) log.append("");
    log.closeSync();
  });
  // The recovery first, the sync of the close last.
  expect(told).toHaveLength(4096 + 1);
  expect(told.at(-1)).toEqual(["untold", { events: 1 + 5000 + 1 - 4096 }]);
  expect(told.at(-2)).toEqual(["append", { directory, segment: 1, records: 1, bytes: 28 }]);
});
