import type { FileSystem } from "@datawal/safeatomic";
import { createSimulatedDisk, type Fault, type PortCall, withFaults } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import type { OpenOptions } from "../../src/index.js";
import { turnOfEventLoop, withHeldSyncs } from "../kit/held-syncs.js";
import { openLog, payloadsOf } from "../kit/open-log.js";
import { traced } from "../kit/port-trace.js";
import { thrownBy } from "../kit/read-back.js";
import { readFile } from "../kit/store-files.js";
import { withSyncDiscipline } from "../kit/sync-discipline.js";
import { outcomesOf, watch } from "../kit/watched-promise.js";

const MIB = 1 << 20;

/** A log whose asynchronous syncs are held, on a disk that watches the rules for syncs. */
function openHeld(
  decide: (call: PortCall) => Fault | undefined = () => undefined,
  options: OpenOptions = {},
) {
  const disk = createSimulatedDisk();
  const faulty = withFaults(disk, decide);
  const { fileSystem, syncs, hold } = withHeldSyncs(faulty);
  const disciplined = withSyncDiscipline(fileSystem);
  const log = openLog(disciplined.fileSystem, options);
  hold();
  return { disk, faulty, log, syncs, violations: disciplined.violations };
}

/** What line 2 of `.lock` says is synced. */
function noteOf(fileSystem: FileSystem): { segment: number; size: number } {
  const [, note] = new TextDecoder().decode(readFile(fileSystem, ".lock")).split("\n");
  const [, , segment, size] = note!.split(" ");
  return { segment: Number(segment), size: Number(size) };
}

describe("callers share syncs", () => {
  test.each([1, 3, 10])(
    "64 that append and fsync cost at most two after the last append, each of %i turns",
    async (syncTurns) => {
      let syncs = 0;
      let syncsAtLastAppend = 0;
      const fileSystem = withFaults(createSimulatedDisk({ syncTurns }), ({ operation }) => {
        if (operation === "file.fsync") syncs++;
      });
      const log = openLog(fileSystem);
      const callers = Array.from({ length: 64 }, async (_, index) => {
        for (let wait = index % 7; wait > 0; wait--) await turnOfEventLoop();
        log.append(`${index}`);
        syncsAtLastAppend = syncs;
        await log.fsync();
      });
      await Promise.all(callers);
      expect(syncs).toBeGreaterThan(0);
      expect(syncs - syncsAtLastAppend).toBeLessThanOrEqual(2);
    },
  );

  test("those that one sync has served, and that append again at once, get the next one together", async () => {
    let syncs = 0;
    const log = openLog(
      withFaults(createSimulatedDisk(), ({ operation }) => {
        if (operation === "file.fsync") syncs++;
      }),
    );
    const rounds = 10;
    const caller = async () => {
      for (let round = 0; round < rounds; round++) {
        log.append("a");
        await log.fsync();
      }
    };
    await Promise.all(Array.from({ length: 64 }, caller));
    // One for each round, and one more for the first caller, who found no sync to wait for.
    expect(syncs).toBeLessThanOrEqual(rounds + 1);
  });

  test("with nothing new none is made", async () => {
    const { fileSystem, takeNames } = traced(createSimulatedDisk());
    const log = openLog(fileSystem);
    log.append("a");
    await log.fsync();
    takeNames();
    await log.fsync();
    log.fsyncSync();
    expect(takeNames()).toEqual([]);
  });

  test("an append after the sync was submitted is served by the next one", async () => {
    const { log, syncs } = openHeld();
    log.append("a");
    const first = watch(log.fsync());
    log.append("b");
    const second = watch(log.fsync());
    await syncs[0]!.succeed();
    expect(await outcomesOf(first, second)).toEqual(["resolved", "pending"]);
    await syncs[1]!.succeed();
    expect(await outcomesOf(second)).toEqual(["resolved"]);
  });

  // It was queued behind the sync that had its records already, and cost the device a second one for nothing.
  test("a caller without an append of its own is served by the sync in flight", async () => {
    const { log, syncs } = openHeld();
    log.append("a");
    const callers = [watch(log.fsync()), watch(log.fsync()), watch(log.fsync())];
    await syncs[0]!.succeed();
    expect(await outcomesOf(...callers)).toEqual(["resolved", "resolved", "resolved"]);
    expect(syncs).toHaveLength(1);
  });
});

describe("a sync that fails", () => {
  test("rejects exactly its callers; who waits for the next one learns that there is none", async () => {
    const { log, syncs } = openHeld();
    log.append("a");
    const before = watch(log.fsync());
    await syncs[0]!.succeed();
    log.append("b");
    const served = [watch(log.fsync()), watch(log.fsync())];
    log.append("c");
    const queued = watch(log.fsync());
    await syncs[1]!.fail("EIO");
    expect(await outcomesOf(before, ...served, queued)).toEqual([
      "resolved",
      "ERR_DATAWAL_FSYNC_FAILED",
      "ERR_DATAWAL_FSYNC_FAILED",
      "ERR_DATAWAL_POISONED",
    ]);
    expect(served[0]!.error).toMatchObject({ segment: 1, cause: { code: "EIO" } });
    expect(queued.error).toMatchObject({ cause: { code: "EIO" } });
    expect(syncs).toHaveLength(2);
    expect(log.isPoisoned).toBe(true);
  });

  test("is never tried again", async () => {
    const { log, syncs } = openHeld();
    log.append("a");
    const caller = watch(log.fsync());
    await syncs[0]!.fail("EIO");
    expect(await outcomesOf(caller)).toEqual(["ERR_DATAWAL_FSYNC_FAILED"]);
    await expect(log.fsync()).rejects.toMatchObject({ code: "ERR_DATAWAL_POISONED" });
    await log.close();
    expect(syncs).toHaveLength(1);
  });

  test("on this thread poisons, and one in flight that succeeds later resolves nobody", async () => {
    let isBroken = false;
    const { log, syncs } = openHeld(({ operation }) =>
      isBroken && operation === "file.fsyncSync" ? { errno: "EIO" } : undefined,
    );
    log.append("a");
    const inFlight = watch(log.fsync());
    log.append("b");
    const queued = watch(log.fsync());
    isBroken = true;
    expect(thrownBy(() => log.fsyncSync())).toMatchObject({ code: "ERR_DATAWAL_FSYNC_FAILED" });
    await syncs[0]!.succeed();
    expect(await outcomesOf(inFlight, queued)).toEqual(["ERR_DATAWAL_POISONED", "ERR_DATAWAL_POISONED"]);
  });

  test("a write that fails meanwhile wins over a sync that succeeds", async () => {
    let isFull = false;
    const { disk, log, syncs } = openHeld(({ operation }) =>
      isFull && operation === "file.append" ? { errno: "ENOSPC" } : undefined,
    );
    log.append("a");
    const caller = watch(log.fsync());
    isFull = true;
    expect(thrownBy(() => log.append("b"))).toMatchObject({ code: "ERR_DATAWAL_APPEND_FAILED" });
    await syncs[0]!.succeed();
    expect(await outcomesOf(caller)).toEqual(["ERR_DATAWAL_POISONED"]);
    expect(noteOf(disk).size).toBe(0);
  });
});

describe("while a sync is in flight", () => {
  test("fsyncSync makes all durable on the other descriptor, and serves who is queued", async () => {
    const { log, syncs, violations } = openHeld();
    log.append("a");
    const inFlight = watch(log.fsync());
    log.append("b");
    const queued = watch(log.fsync());
    log.fsyncSync();
    expect(await outcomesOf(inFlight, queued)).toEqual(["pending", "resolved"]);
    await syncs[0]!.succeed();
    expect(await outcomesOf(inFlight)).toEqual(["resolved"]);
    expect(syncs).toHaveLength(1);
    expect(violations).toEqual([]);
  });

  test("rotateSync goes on; the sealed segment is closed when its sync is over", async () => {
    const { faulty, log, syncs, violations } = openHeld();
    log.append("a");
    const inFlight = watch(log.fsync());
    log.append("b");
    const queued = watch(log.fsync());
    log.rotateSync();
    log.append("c");
    expect(faulty.openFileCount).toBe(4);
    expect(await outcomesOf(inFlight, queued)).toEqual(["pending", "resolved"]);
    await syncs[0]!.succeed();
    expect(await outcomesOf(inFlight)).toEqual(["resolved"]);
    expect(faulty.openFileCount).toBe(2);
    expect(violations).toEqual([]);
  });

  test("a rotation's sealed segment whose sync fails later poisons", async () => {
    const { faulty, log, syncs } = openHeld();
    log.append("a");
    const inFlight = watch(log.fsync());
    log.rotateSync();
    await syncs[0]!.fail("EIO");
    expect(await outcomesOf(inFlight)).toEqual(["ERR_DATAWAL_FSYNC_FAILED"]);
    expect(thrownBy(() => log.append("b"))).toMatchObject({ code: "ERR_DATAWAL_POISONED" });
    expect(faulty.openFileCount).toBe(2);
  });

  test("rotate waits for it, and takes along what is appended meanwhile", async () => {
    const { disk, log, syncs, violations } = openHeld();
    log.append("a");
    const inFlight = watch(log.fsync());
    log.append("b");
    const rotated = watch(log.rotate());
    await syncs[0]!.succeed();
    expect(await outcomesOf(inFlight, rotated)).toEqual(["resolved", "pending"]);
    log.append("c");
    await syncs[1]!.succeed();
    expect(rotated.outcome).toBe("resolved");
    expect(log.activeSegment).toBe(2);
    log.closeSync();
    disk.cutPower();
    expect(payloadsOf(openLog(disk).scan())).toEqual(["a", "b", "c"]);
    expect(violations).toEqual([]);
  });

  test("close waits for it and for the one that covers the rest, then closes and releases", async () => {
    const { faulty, log, syncs, violations } = openHeld();
    log.append("a");
    const inFlight = watch(log.fsync());
    log.append("b");
    const queued = watch(log.fsync());
    const closed = watch(log.close());
    await syncs[0]!.succeed();
    expect(await outcomesOf(inFlight, queued, closed)).toEqual(["resolved", "pending", "pending"]);
    expect(faulty.heldLockCount).toBe(1);
    await syncs[1]!.succeed();
    expect(await outcomesOf(queued, closed)).toEqual(["resolved", "resolved"]);
    expect(faulty).toMatchObject({ openFileCount: 0, heldLockCount: 0 });
    expect(violations).toEqual([]);
  });

  test("of a sealed segment, close waits until its descriptors are closed", async () => {
    const { faulty, log, syncs } = openHeld();
    log.append("a");
    const inFlight = watch(log.fsync());
    log.rotateSync();
    const closed = watch(log.close());
    expect(await outcomesOf(inFlight, closed)).toEqual(["pending", "pending"]);
    await syncs[0]!.succeed();
    expect(await outcomesOf(inFlight, closed)).toEqual(["resolved", "resolved"]);
    expect(faulty).toMatchObject({ openFileCount: 0, heldLockCount: 0 });
  });

  test("closeSync syncs on the other descriptor, releases, and leaves the first open until it is over", async () => {
    const { disk, faulty, log, syncs, violations } = openHeld();
    log.append("a");
    const inFlight = watch(log.fsync());
    log.append("b");
    const queued = watch(log.fsync());
    log.closeSync();
    expect(faulty).toMatchObject({ openFileCount: 2, heldLockCount: 0 });
    expect(await outcomesOf(inFlight, queued)).toEqual(["pending", "resolved"]);
    const note = noteOf(disk);
    await syncs[0]!.succeed();
    expect(await outcomesOf(inFlight)).toEqual(["resolved"]);
    expect(faulty.openFileCount).toBe(0);
    expect(violations).toEqual([]);
    expect(noteOf(disk)).toEqual(note);
  });

  // Nobody awaits the descriptors of a segment that was sealed under a sync before close does: a failure to close them
  // was an unhandled rejection, which ends the process.
  test("a failure to close a sealed segment later poisons, and is no unhandled rejection", async () => {
    let isBroken = false;
    const { faulty, log, syncs } = openHeld(({ operation }) =>
      isBroken && operation === "file.close" ? { errno: "EIO" } : undefined,
    );
    log.append("a");
    const inFlight = watch(log.fsync());
    log.rotateSync();
    isBroken = true;
    await syncs[0]!.succeed();
    expect(inFlight.outcome).toBe("resolved");
    isBroken = false;
    expect(log.isPoisoned).toBe(true);
    expect(faulty.openFileCount).toBe(2);
    await expect(log.close()).rejects.toMatchObject({ code: "ERR_DATAWAL_POISONED" });
    expect(faulty.openFileCount).toBe(0);
  });
});

describe("a sync that nobody waits for", () => {
  test("is started when more than 8 MiB are unsynced, and not before", async () => {
    const { log, syncs } = openHeld();
    log.append(new Uint8Array(8 * MIB - 28));
    expect(syncs).toHaveLength(0);
    log.append("");
    expect(syncs).toHaveLength(1);
    log.append(new Uint8Array(9 * MIB));
    expect(syncs).toHaveLength(1);
    await syncs[0]!.succeed();
    log.append("");
    expect(syncs).toHaveLength(2);
  });

  test("is started sooner in a segment's last 2 MiB, so that the rotation has little to sync", async () => {
    const { log, syncs } = openHeld(undefined, { segmentBytesMax: 6 * MIB });
    log.append(new Uint8Array(4 * MIB - 28));
    expect(syncs).toHaveLength(0);
    log.append("");
    expect(syncs).toHaveLength(1);
    await syncs[0]!.succeed();
    log.append(new Uint8Array(MIB / 2 - 28));
    expect(syncs).toHaveLength(1);
    log.append("");
    expect(syncs).toHaveLength(2);
  });

  test("is not started while a sealed segment's goes on: a loop without a turn of the event loop gathers no descriptors", async () => {
    const { log, syncs } = openHeld(undefined, { segmentBytesMax: MIB });
    for (let segment = 1; segment <= 20; segment++) log.append(new Uint8Array(600 * 1024));
    expect(log.segments).toHaveLength(20);
    expect(syncs).toHaveLength(1);
    await syncs[0]!.succeed();
    await turnOfEventLoop();
    log.append(new Uint8Array(600 * 1024));
    expect(syncs).toHaveLength(2);
  });

  test("is started by a batch, too", () => {
    const { log, syncs } = openHeld();
    log.appendMany([new Uint8Array(5 * MIB), new Uint8Array(5 * MIB)]);
    expect(syncs).toHaveLength(1);
  });

  // 10 MiB were put, the disk failed under the sync that nobody waited for, and closing resolved: nobody learned of it.
  test.each(["close", "closeSync"] as const)(
    "that failed is told by %s, unless a call told it before",
    async (close) => {
      const [untold, told] = [openHeld(), openHeld()];
      for (const { log, syncs } of [untold, told]) {
        log.append(new Uint8Array(9 * MIB));
        await syncs[0]!.fail("EIO");
      }
      expect(() => told.log.append("")).toThrow(expect.objectContaining({ code: "ERR_DATAWAL_POISONED" }));
      await expect((async () => untold.log[close]())()).rejects.toMatchObject({
        code: "ERR_DATAWAL_POISONED",
      });
      await told.log[close]();
      expect([untold, told].map(({ faulty }) => faulty.openFileCount)).toEqual([0, 0]);
    },
  );

  test("is noted as any other", async () => {
    const { disk, log, syncs } = openHeld();
    log.append(new Uint8Array(9 * MIB));
    log.append("not covered");
    await syncs[0]!.succeed();
    expect(noteOf(disk)).toEqual({ segment: 1, size: 9 * MIB + 28 });
  });

  test("poisons when it fails, and is no unhandled rejection", async () => {
    const { log, syncs } = openHeld();
    log.append(new Uint8Array(9 * MIB));
    await syncs[0]!.fail("EIO");
    expect(thrownBy(() => log.append("a"))).toMatchObject({
      code: "ERR_DATAWAL_POISONED",
      message: "datawal: writer poisoned: fsync sync_all failed; drop handle and reopen",
      cause: { code: "EIO" },
    });
  });
});

describe("the note", () => {
  test("says what was synced, once it is", async () => {
    const { disk, log, syncs } = openHeld();
    const { len } = log.append("a");
    const caller = watch(log.fsync());
    expect(noteOf(disk)).toEqual({ segment: 1, size: 0 });
    await syncs[0]!.succeed();
    expect(caller.outcome).toBe("resolved");
    expect(noteOf(disk)).toEqual({ segment: 1, size: len });
    log.rotateSync();
    expect(noteOf(disk)).toEqual({ segment: 2, size: 0 });
  });

  test("is not written by a failed sync, nor by one that succeeds after it", async () => {
    const { disk, log, syncs } = openHeld();
    log.append("a");
    const caller = watch(log.fsync());
    await syncs[0]!.fail("EIO");
    expect(caller.outcome).toBe("ERR_DATAWAL_FSYNC_FAILED");
    log.closeSync();
    expect(noteOf(disk)).toEqual({ segment: 1, size: 0 });
  });

  test("that cannot be written poisons, as every failed write", async () => {
    let isFull = false;
    const { log, syncs } = openHeld(({ operation }) =>
      isFull && operation === "lock.writeNote" ? { errno: "ENOSPC" } : undefined,
    );
    log.append("a");
    const caller = watch(log.fsync());
    isFull = true;
    await syncs[0]!.succeed();
    expect(await outcomesOf(caller)).toEqual(["ERR_DATAWAL_FSYNC_FAILED"]);
    expect(log.isPoisoned).toBe(true);
  });
});

describe("the watch over syncs can fail", () => {
  function openFile() {
    const { fileSystem, violations } = withSyncDiscipline(createSimulatedDisk());
    const file = fileSystem.open("/file", "create");
    return { file, violations };
  }

  test("two overlapping syncs on one open file are seen", async () => {
    const { file, violations } = openFile();
    const first = file.fsync();
    await expect(file.fsync()).rejects.toThrow("fsync while fsync is pending");
    await first;
    expect(violations).toHaveLength(1);
  });

  test("both kinds of sync on one open file are seen", () => {
    const { file, violations } = openFile();
    file.fsyncSync();
    expect(violations).toEqual([]);
    return expect(file.fsync()).rejects.toThrow("fsync on a file that had fsyncSync");
  });

  test("a close under a sync is seen", async () => {
    const { file } = openFile();
    const sync = file.fsync();
    expect(() => file.close()).toThrow("close while fsync is pending");
    await sync;
  });
});
