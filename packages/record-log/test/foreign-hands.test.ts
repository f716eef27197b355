import { createSimulatedDisk, type SimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import type { RecordLog } from "../src/index.js";
import { withHeldSyncs } from "./kit/held-syncs.js";
import { noteIn } from "./kit/lock-file.js";
import { openLog, payloadsOf } from "./kit/open-log.js";
import { thrownBy } from "./kit/read-back.js";
import { readFile, STORE, writeFiles } from "./kit/store-files.js";
import { outcomesOf, watch } from "./kit/watched-promise.js";

/** The active one; segment 1 is sealed. */
const NAME = "00000002.dwal";
const SEGMENT = `${STORE}/${NAME}`;
const CHANGED = { code: "ERR_DATAWAL_SEGMENT_CHANGED", path: SEGMENT };

function withFile(disk: SimulatedDisk, change: (file: ReturnType<SimulatedDisk["open"]>) => void): void {
  const file = disk.open(SEGMENT, "append");
  change(file);
  file.close();
}

/** What other programs do to the segment that a writer has open, and how the message tells it. */
const HANDS: Readonly<Record<string, { does: (disk: SimulatedDisk) => void; told: RegExp }>> = {
  "cuts it to nothing, as copytruncate does": {
    does: (disk) => withFile(disk, (file) => file.truncate(0)),
    told: /shortened it/,
  },
  "cuts one byte off": {
    does: (disk) => withFile(disk, (file) => file.truncate(file.stat().size - 1)),
    told: /shortened it/,
  },
  "appends to it": {
    does: (disk) => withFile(disk, (file) => file.append(Uint8Array.of(1), 0, 1)),
    told: /appended to it/,
  },
  "replaces it by a copy": {
    does: (disk) => {
      const copy = readFile(disk, NAME);
      writeFiles(disk, { copy });
      disk.rename(`${STORE}/copy`, SEGMENT);
    },
    told: /replaced it/,
  },
  "removes it": { does: (disk) => disk.removeFile(SEGMENT), told: /removed it/ },
};

/** What a writer says to have made durable, each behind one more append or none. */
const ANSWERS: Readonly<Record<string, (log: RecordLog) => Promise<unknown>>> = {
  "append and fsync": async (log) => {
    log.append("more");
    await log.fsync();
  },
  "append and fsyncSync": async (log) => {
    log.append("more");
    log.fsyncSync();
  },
  rotate: (log) => log.rotate(),
  rotateSync: async (log) => log.rotateSync(),
  dropSegmentsBefore: (log) => log.dropSegmentsBefore(2),
};

/** A log of two segments, all of it synced. */
function openSynced(): { disk: SimulatedDisk; log: RecordLog } {
  const disk = createSimulatedDisk();
  const log = openLog(disk);
  log.append("sealed");
  log.rotateSync();
  log.appendMany(["one", "two"]);
  log.fsyncSync();
  return { disk, log };
}

/** The same, opened again, with a third record's sync in flight. */
function openSyncing() {
  const { disk } = openSynced();
  disk.killProcess();
  const { fileSystem, syncs, hold } = withHeldSyncs(disk);
  const log = openLog(fileSystem);
  hold();
  log.append("three");
  const fsync = watch(log.fsync());
  return { disk, log, fsync, succeed: () => syncs[0]!.succeed() };
}

// A log rotator's copytruncate took 100 synced records, and every put and fsync behind it went on succeeding.
describe.each(Object.entries(HANDS))("another program that %s", (_hand, { does, told }) => {
  test.each(Object.entries(ANSWERS))("is told by %s, which poisons", async (_name, answer) => {
    const { disk, log } = openSynced();
    const noted = noteIn(disk);
    does(disk);
    const failure = watch(answer(log));
    await outcomesOf(failure);
    await outcomesOf(failure);
    expect(failure.error).toMatchObject({ ...CHANGED, message: expect.stringMatching(told) });
    expect(log.isPoisoned).toBe(true);
    expect(thrownBy(() => log.append("refused"))).toMatchObject({
      code: "ERR_DATAWAL_POISONED",
      cause: failure.error,
    });
    // The next open tells what is missing by it.
    expect(noteIn(disk)).toEqual(noted);
    await log.close();
  });

  test("is told by close, though nothing was left to sync; the lock is free again", async () => {
    for (const close of [(log: RecordLog) => log.close(), async (log: RecordLog) => log.closeSync()]) {
      const { disk, log } = openSynced();
      does(disk);
      await expect(close(log)).rejects.toMatchObject(CHANGED);
      expect(disk.lockState(`${STORE}/.lock`).state).toBe("free");
    }
  });

  test("while a sync is in flight is told by that sync", async () => {
    const { disk, log, fsync, succeed } = openSyncing();
    log.append("four");
    does(disk);
    log.append("five");
    const second = watch(log.fsync());
    await succeed();
    expect(await outcomesOf(fsync, second)).toEqual(["ERR_DATAWAL_SEGMENT_CHANGED", "ERR_DATAWAL_POISONED"]);
    await log.close();
  });
});

test("records appended while a sync is in flight are no foreign hand's", async () => {
  const { disk, log, fsync, succeed } = openSyncing();
  log.append("four");
  await succeed();
  expect(await outcomesOf(fsync)).toEqual(["resolved"]);
  expect(noteIn(disk)?.size).toBeLessThan(disk.stat(SEGMENT)!.size);
});

test("a sealed segment's sync that ends after the segment was dropped is no alarm", async () => {
  const { log, fsync, succeed } = openSyncing();
  log.rotateSync();
  log.append("four");
  log.dropSegmentsBeforeSync(3);
  await succeed();
  expect(await outcomesOf(fsync)).toEqual(["resolved"]);
  expect(log.segments).toEqual([3]);
});

test("a segment that cannot be looked at answers nobody", async () => {
  let isBroken = false;
  const failing = withFaults(createSimulatedDisk(), ({ operation }) =>
    isBroken && operation === "stat" ? { errno: "EIO" } : undefined,
  );
  const log = openLog(failing);
  log.append("one");
  isBroken = true;
  await expect(log.fsync()).rejects.toMatchObject({
    code: "ERR_DATAWAL_FSYNC_FAILED",
    cause: { code: "EIO" },
  });
  expect(log.isPoisoned).toBe(true);
});

test("a new segment that another program replaces before it is opened is not written", () => {
  const disk = createSimulatedDisk();
  const replacing = withFaults(disk, ({ operation, path }) => {
    if (operation !== "file.close" || path !== SEGMENT || disk.stat(`${STORE}/moved`)) return;
    disk.rename(SEGMENT, `${STORE}/moved`);
    disk.open(SEGMENT, "create").close();
  });
  const log = openLog(replacing);
  log.append("a");
  expect(thrownBy(() => log.rotateSync())).toMatchObject({
    code: "ERR_DATAWAL_ROTATE_FAILED",
    cause: CHANGED,
  });
});

describe("the log that a copytruncate leaves", () => {
  function leave(): SimulatedDisk {
    const disk = createSimulatedDisk();
    const log = openLog(disk);
    log.appendMany(["one", "two"]);
    log.fsyncSync();
    disk.open(`${STORE}/00000001.dwal`, "append").truncate(0);
    log.append("three");
    thrownBy(() => log.fsyncSync());
    disk.killProcess();
    return disk;
  }

  test("warns at the next open that synced data is missing, and at each that its beginning is", () => {
    const disk = leave();
    const beginning = { kind: "missing-beginning", segment: 1, txid: 3n };
    const log = openLog(disk);
    expect(log.recoveryReport().warnings).toEqual([
      beginning,
      { kind: "synced-data-missing", segment: 1, syncedBytes: 62 },
    ]);
    expect(payloadsOf(log.scan())).toEqual(["three"]);
    log.closeSync();
    expect(openLog(disk).recoveryReport().warnings).toEqual([beginning]);
  });

  test("is refused in strict mode", () => {
    expect(thrownBy(() => openLog(leave(), { recover: "strict" }))).toMatchObject({
      code: "ERR_DATAWAL_STRICT_RECOVERY",
    });
  });
});
