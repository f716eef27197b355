import type { FileSystem, RefusedLock } from "@datawal/safeatomic";
import { createSimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import { RecordLog } from "../../src/index.js";
import { overriding } from "../kit/open-file-wrapper.js";
import { openLog } from "../kit/open-log.js";
import { thrownBy } from "../kit/read-back.js";
import { diskWith, readFile, STORE } from "../kit/store-files.js";

const LOCK = `${STORE}/.lock`;

test("a store that this very process holds is refused, and the message says so", async () => {
  const disk = createSimulatedDisk();
  const log = openLog(disk);
  expect(thrownBy(() => openLog(disk))).toMatchObject({
    code: "ERR_DATAWAL_LOCKED",
    path: LOCK,
    owner: String(process.pid),
    heldByThisProcess: true,
    message: expect.stringMatching(
      /^datawal: log directory is already locked: \/store\/\.lock: .*this very process.*close the other handle/,
    ),
  });
  log.append("still mine");
  await log.close();
  openLog(disk).closeSync();
});

/** A disk whose lock somebody else holds. */
function heldElsewhere(refused: Partial<RefusedLock>): FileSystem {
  const lock = () => ({ state: "refused", owner: "4711", ...refused }) as const;
  return overriding<FileSystem>(diskWith({}), { lock });
}

test("a store that another process holds is refused, and the message names it where that is known", () => {
  expect(thrownBy(() => openLog(heldElsewhere({ holder: "owner" })))).toMatchObject({
    code: "ERR_DATAWAL_LOCKED",
    owner: "4711",
    heldByThisProcess: false,
    message: expect.stringMatching(/process 4711 holds it.*RecordLogReader/),
  });
});

// Two containers on one volume, both process 1: "this very process holds it", which nobody could then find.
test("a store is not held by this process because its lock names the same id, nor by whoever it names", () => {
  expect(thrownBy(() => openLog(heldElsewhere({ owner: String(process.pid) })))).toMatchObject({
    heldByThisProcess: false,
    message: expect.stringMatching(
      new RegExp(`somebody holds it; .lock names "${process.pid}"; .*RecordLogReader`),
    ),
  });
});

describe("a store that is being closed", () => {
  test("is opened when that is done", async () => {
    const disk = createSimulatedDisk({ syncTurns: 3 });
    const log = openLog(disk);
    log.append("before");
    const closing = log.close();
    const again = await RecordLog.open(STORE, { fileSystem: disk });
    expect(again.lastTxid).toBe(1n);
    await closing;
    again.closeSync();
  });

  test("is refused to a synchronous open, which says what to await", async () => {
    const disk = createSimulatedDisk({ syncTurns: 3 });
    const log = openLog(disk);
    log.append("before");
    const closing = log.close();
    expect(thrownBy(() => openLog(disk))).toMatchObject({
      code: "ERR_DATAWAL_LOCKED",
      heldByThisProcess: true,
      message: expect.stringMatching(/this very process holds it and is closing it; await its close/),
    });
    await closing;
    openLog(disk).closeSync();
  });

  test("is refused where closing has ended and the lock is held all the same", async () => {
    const releasing = Promise.reject(new Error("stuck"));
    releasing.catch(() => {});
    const refusing = heldElsewhere({ holder: "this process", releasing });
    await expect(RecordLog.open(STORE, { fileSystem: refusing })).rejects.toMatchObject({
      code: "ERR_DATAWAL_LOCKED",
    });
  });
});

test("a refused open leaves the store as it was", () => {
  const disk = diskWith({ "00000001.tail.new": Uint8Array.of(1) });
  disk.lock(LOCK, "4711");
  thrownBy(() => openLog(disk));
  expect(disk.list(STORE).map(({ name }) => name)).toEqual(["00000001.tail.new", ".lock"].sort());
});

test("the holder writes its process id into the first line", () => {
  const disk = createSimulatedDisk();
  openLog(disk);
  expect(new TextDecoder().decode(readFile(disk, ".lock")).split("\n")[0]).toBe(String(process.pid));
});

test("a lock file that is replaced between opening and locking is not taken for the lock", () => {
  const disk = diskWith({});
  const racing = overriding<FileSystem>(disk, {
    lock: (path, owner) => {
      const lock = disk.lock(path, owner);
      disk.removeFile(path);
      return lock;
    },
  });
  const fileSystem = withFaults(racing, () => undefined);
  expect(thrownBy(() => openLog(fileSystem))).toMatchObject({ code: "ERR_DATAWAL_REPLACED", path: LOCK });
  expect(fileSystem.heldLockCount).toBe(0);
});
