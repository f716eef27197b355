import { createSimulatedDisk, type PortCall, withFaults } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import { RecordLog, snapshotTo, snapshotToSync } from "../../src/index.js";
import { concat, flipped, frames, raw } from "../kit/frames.js";
import { openLog, payloadsOf } from "../kit/open-log.js";
import { thrownBy } from "../kit/read-back.js";
import { allFilesOf, diskWith, filesOf, STORE, sameFiles } from "../kit/store-files.js";

const TARGET = "/backups/copy";
const FIRST = "00000001.dwal";
const SECOND = "00000002.dwal";

const filledDisk = () =>
  diskWith({ [FIRST]: frames(raw(1, "a"), raw(2, "b")), [SECOND]: frames(raw(3, "c")) });

describe("a snapshot", () => {
  test("is the same segments, durable, under the target's name, and opens as a log", async () => {
    const disk = filledDisk();
    expect(await snapshotTo(STORE, TARGET, { fileSystem: disk })).toEqual({
      segments: 2,
      records: 3,
      bytes: 87,
      lastTxid: 3n,
      warnings: [],
    });
    disk.cutPower();
    expect(sameFiles(filesOf(disk, TARGET), filesOf(disk))).toBe(true);
    const log = RecordLog.openSync(TARGET, { fileSystem: disk });
    expect(payloadsOf(log.scan())).toEqual(["a", "b", "c"]);
    expect(log.append("d").txid).toBe(4n);
  });

  test("is taken beside a live writer, whose later rotations and records do not disturb it", async () => {
    const disk = createSimulatedDisk();
    const log = openLog(disk);
    log.append("before");
    const fileSystem = withFaults(disk, ({ operation }) => {
      if (operation !== "file.append" || log.lastTxid > 1n) return undefined;
      log.rotateSync();
      log.append("later");
      return undefined;
    });
    expect(await snapshotTo(STORE, TARGET, { fileSystem })).toMatchObject({ segments: 1, records: 1 });
    log.closeSync();
  });

  test("of segments larger than a chunk has every byte", () => {
    const sizes = [700_000, 700_000, 2_500_000, 10, 700_000];
    const content = frames(
      ...sizes.map((size, index) => raw(index + 1, new Uint8Array(size).fill(index + 1))),
    );
    const disk = diskWith({ [FIRST]: content });
    snapshotToSync(STORE, TARGET, { fileSystem: disk });
    expect(sameFiles(filesOf(disk, TARGET), { [FIRST]: content })).toBe(true);
  });

  test("leaves out a torn tail, and changes nothing of its source", () => {
    const whole = frames(raw(1, "a"), raw(2, "b"));
    const disk = diskWith({ [FIRST]: whole.slice(0, -1), ".lock": Uint8Array.of(49, 10) });
    const before = allFilesOf(disk);
    expect(snapshotToSync(STORE, TARGET, { fileSystem: disk })).toMatchObject({ records: 1, bytes: 29 });
    expect(filesOf(disk, TARGET)).toEqual({ [FIRST]: frames(raw(1, "a")) });
    expect(allFilesOf(disk)).toEqual(before);
  });

  test("may be of an empty log, and may go into an empty directory", () => {
    const disk = diskWith({});
    disk.makeDirectory("/backups");
    disk.makeDirectory(TARGET);
    expect(snapshotToSync(STORE, TARGET, { fileSystem: disk })).toMatchObject({ segments: 0, records: 0 });
    expect(disk.list(TARGET)).toEqual([]);
  });

  test("is refused where something stands, and what stands there is left alone", () => {
    const disk = filledDisk();
    const attempt = () => thrownBy(() => snapshotToSync(STORE, TARGET, { fileSystem: disk }));
    disk.makeDirectory("/backups");
    disk.open(TARGET, "create").close();
    expect(attempt()).toMatchObject({ code: "ERR_DATAWAL_TARGET_EXISTS", path: TARGET });
    disk.removeFile(TARGET);
    disk.makeDirectory(TARGET);
    disk.open(`${TARGET}/file`, "create").close();
    expect(attempt()).toMatchObject({ code: "ERR_DATAWAL_TARGET_EXISTS", path: TARGET });
    expect(disk.list(TARGET)).toHaveLength(1);
    expect(disk.list("/backups")).toHaveLength(1);
  });

  test("is refused where something has appeared meanwhile", async () => {
    const disk = filledDisk();
    const onProgress = () => {
      if (disk.stat("/backups") && !disk.stat(TARGET)) disk.open(TARGET, "create").close();
    };
    await expect(snapshotTo(STORE, TARGET, { fileSystem: disk, onProgress })).rejects.toMatchObject({
      code: "ERR_DATAWAL_TARGET_EXISTS",
    });
    expect(disk.list("/backups").map(({ name, kind }) => [name, kind])).toEqual([["copy", "file"]]);
  });

  test("of a damaged log is refused and publishes nothing", async () => {
    const sealed = { [FIRST]: flipped(frames(raw(1, "a")), 8 * 24), [SECOND]: new Uint8Array(0) };
    const foreign = { [FIRST]: new TextEncoder().encode("this was never a segment") };
    const newer = { [FIRST]: concat(frames(raw(1, "a")), frames(raw(2, "b")).fill(9, 4, 5)) };
    for (const [files, code] of [
      [sealed, "ERR_DATAWAL_SEGMENT_DAMAGED"],
      [foreign, "ERR_DATAWAL_NOT_A_SEGMENT"],
      [newer, "ERR_DATAWAL_FRAME_UNSUPPORTED"],
    ] as const) {
      const disk = diskWith(files);
      await expect(snapshotTo(STORE, TARGET, { fileSystem: disk })).rejects.toMatchObject({ code });
      expect(disk.list("/backups")).toEqual([]);
    }
  });
});

describe("a snapshot that does not come to its end", () => {
  async function interrupted(
    act: (call: PortCall, controller: AbortController) => { errno: string } | undefined,
  ) {
    const disk = filledDisk();
    const controller = new AbortController();
    const fileSystem = withFaults(disk, (call) => act(call, controller));
    const outcome = await snapshotTo(STORE, TARGET, { fileSystem, signal: controller.signal }).then(
      () => "done",
      (error: unknown) => error,
    );
    return { disk, fileSystem, outcome };
  }

  test("by an abort at any call is the reason and publishes nothing, or comes too late", async () => {
    const { fileSystem } = await interrupted(() => undefined);
    const outcomes = new Set<unknown>();
    for (let at = 0; at < fileSystem.callCount; at++) {
      const found = await interrupted(({ index }, controller) => {
        if (index === at) controller.abort("given up");
        return undefined;
      });
      outcomes.add(found.outcome);
      expect(found.fileSystem.openFileCount).toBe(0);
      if (found.outcome === "given up" && found.disk.stat("/backups"))
        expect(found.disk.list("/backups"), `call ${at}`).toEqual([]);
      else if (found.outcome === "done") expect(found.disk.stat(TARGET)).toBeDefined();
    }
    expect([...outcomes].sort()).toEqual(["done", "given up"]);
  });

  test("before it began touches nothing", async () => {
    const disk = diskWith({});
    const signal = AbortSignal.abort("never");
    await expect(snapshotTo(STORE, TARGET, { fileSystem: disk, signal })).rejects.toBe("never");
    expect(disk.stat("/backups")).toBeUndefined();
  });

  // It said that the store could not be read, although the copy was complete and in its place.
  test("because its name could not be made durable says that it is there", async () => {
    let isPublished = false;
    const { disk, outcome } = await interrupted(({ operation, path }) => {
      if (operation === "rename") isPublished = true;
      return isPublished && operation === "fsyncDirectory" && path === "/backups"
        ? { errno: "EIO" }
        : undefined;
    });
    expect(outcome).toMatchObject({ code: "ERR_DATAWAL_CHANGE_NOT_DURABLE", path: TARGET, errno: "EIO" });
    expect(Object.keys(filesOf(disk, TARGET))).toEqual([FIRST, SECOND]);
  });

  // The failure to clean up took the place of the failure that it cleaned up behind.
  test("and cannot be cleaned up says why it did not, and leaves a name that says what it is", async () => {
    const { disk, outcome } = await interrupted(({ operation }) =>
      operation === "file.append"
        ? { errno: "ENOSPC" }
        : operation === "removeFile"
          ? { errno: "EIO" }
          : undefined,
    );
    expect(outcome).toMatchObject({ code: "ERR_DATAWAL_STORE_IO", errno: "ENOSPC" });
    expect(disk.list("/backups").map(({ name }) => name)).toEqual(["copy.1.new"]);
  });
});
