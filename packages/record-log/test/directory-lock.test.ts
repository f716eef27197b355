import type { FileSystem } from "@datawal/safeatomic";
import { createSimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { expect, test } from "vitest";
import { overriding } from "./kit/open-file-wrapper.js";
import { openLog } from "./kit/open-log.js";
import { thrownBy } from "./kit/read-back.js";
import { diskWith, readFile, STORE } from "./kit/store-files.js";

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

test("a store that another process holds is refused, and the message names it", () => {
  const disk = diskWith({});
  const lock = disk.lock(LOCK, "4711");
  expect(thrownBy(() => openLog(disk))).toMatchObject({
    code: "ERR_DATAWAL_LOCKED",
    owner: "4711",
    heldByThisProcess: false,
    message: expect.stringMatching(/process 4711 holds it.*RecordLogReader/),
  });
  expect(lock.state).toBe("held");
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
