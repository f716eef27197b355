import { mkdirSync, readdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createSimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import { RecordLog, RecordLogReader, snapshotToSync, verifyLogSync } from "../../src/index.js";
import { findStoreDirectory, oldStorePath } from "../../src/store/store-directory.js";
import { swapMarkName } from "../../src/store/store-names.js";
import { openLog, payloadsOf } from "../kit/open-log.js";
import { traced } from "../kit/port-trace.js";
import { thrownBy } from "../kit/read-back.js";
import { diskWith, STORE } from "../kit/store-files.js";
import { inTemporaryDirectory } from "../kit/temporary-directory.js";

const EMPTY = new Uint8Array(0);

test("a store is found, nothing and a file are not", () => {
  const disk = diskWith({});
  disk.open("/file", "create").close();
  expect(findStoreDirectory(disk, STORE)).toBe(STORE);
  expect(thrownBy(() => findStoreDirectory(disk, "/nothing"))).toMatchObject({
    code: "ERR_DATAWAL_STORE_NOT_FOUND",
    path: "/nothing",
  });
  expect(thrownBy(() => findStoreDirectory(disk, "/file"))).toMatchObject({
    code: "ERR_DATAWAL_STORE_NOT_A_DIRECTORY",
    path: "/file",
  });
});

test("an old store beside one that is there, or a file of that name, is no unfinished swap", () => {
  const disk = diskWith({});
  disk.makeDirectory(oldStorePath(STORE));
  expect(findStoreDirectory(disk, STORE)).toBe(STORE);
  disk.open(oldStorePath("/nothing"), "create").close();
  expect(thrownBy(() => findStoreDirectory(disk, "/nothing"))).toMatchObject({
    code: "ERR_DATAWAL_STORE_NOT_FOUND",
  });
});

test("a store may be reached through links, and is one and the same", () => {
  inTemporaryDirectory((named) => {
    const directory = realpathSync(named);
    mkdirSync(join(directory, "real"));
    symlinkSync(join(directory, "real"), join(directory, "link"));
    symlinkSync(join(directory, "nowhere"), join(directory, "dangling"));
    const store = join(directory, "real", "store");
    using log = RecordLog.openSync(join(directory, "link", "store"));
    log.append("a");
    expect(log.dir).toBe(store);
    expect(thrownBy(() => RecordLog.openSync(store))).toMatchObject({ code: "ERR_DATAWAL_LOCKED" });
    symlinkSync(store, join(directory, "store"));
    using reader = RecordLogReader.openSync(join(directory, "store"));
    expect(reader.dir).toBe(store);
    expect(payloadsOf(reader.scan())).toEqual(["a"]);
    expect(verifyLogSync(join(directory, "store")).verdict).toBe("intact");
    expect(thrownBy(() => RecordLog.openSync(join(directory, "dangling")))).toMatchObject({
      code: "ERR_DATAWAL_DANGLING_LINK",
    });
    expect(thrownBy(() => RecordLogReader.openSync(join(directory, "dangling")))).toMatchObject({
      code: "ERR_DATAWAL_STORE_NOT_FOUND",
    });
  });
});

// An open through a link said ENOENT where the swap of the store that it leads to had been killed.
test("a swap that was interrupted is seen through links, absolute and relative, one behind the other", () => {
  inTemporaryDirectory((named) => {
    const directory = realpathSync(named);
    const oldPath = join(directory, "data", "store.old");
    mkdirSync(oldPath, { recursive: true });
    symlinkSync(join("data", "store"), join(directory, "relative"));
    symlinkSync(join(directory, "relative"), join(directory, "link"));
    for (const open of [RecordLog.openSync, RecordLogReader.openSync])
      expect(thrownBy(() => open(join(directory, "link")))).toMatchObject({
        code: "ERR_DATAWAL_SWAP_UNFINISHED",
        oldPath,
      });
    expect(readdirSync(join(directory, "data"))).toEqual(["store.old"]);
    symlinkSync(join(directory, "round"), join(directory, "round"));
    expect(thrownBy(() => RecordLog.openSync(join(directory, "round")))).toMatchObject({ errno: "ELOOP" });
  });
});

describe("a directory that a writer made where a swap had just moved the store away", () => {
  /** @param mark Whether a swap put the old store there. */
  function hollowBeside(mark: boolean) {
    const disk = diskWith({});
    disk.makeDirectory(`${STORE}.old`);
    if (mark) disk.open(`${STORE}.old/${swapMarkName("12")}`, "create").close();
    disk.open(`${STORE}/.lock`, "create").close();
    return disk;
  }

  test("is no store: no log is begun in it, and no reader takes it for an empty one", () => {
    const disk = hollowBeside(true);
    for (const open of [RecordLog.openSync, RecordLogReader.openSync])
      expect(thrownBy(() => open(STORE, { fileSystem: disk }))).toMatchObject({
        code: "ERR_DATAWAL_SWAP_UNFINISHED",
      });
    expect(disk.list(STORE).map(({ name }) => name)).toEqual([".lock"]);
  });

  test("is an empty store beside a backup", () => {
    const disk = hollowBeside(false);
    RecordLog.openSync(STORE, { fileSystem: disk }).closeSync();
  });
});

// Between the two looks of an open a swap moved the store away: the open made an empty one, and acknowledged into it.
test("a swap that begins at whichever call of an open finds the store's place free, and the open refuses", () => {
  for (let at = 0, isLocked = false; !isLocked; at++) {
    const disk = diskWith({ "00000001.dwal": EMPTY });
    const port = withFaults(disk, ({ index, operation }) => {
      if (index === at) {
        disk.open(`${STORE}/${swapMarkName("12")}`, "create").close();
        disk.rename(STORE, `${STORE}.old`);
      }
      isLocked ||= operation === "lock";
    });
    // The last time round it is just before the lock.
    const thrown = thrownBy(() => RecordLog.openSync(STORE, { fileSystem: port }).closeSync());
    expect(thrown, `call ${at}`).toMatchObject({ code: "ERR_DATAWAL_SWAP_UNFINISHED" });
    expect(disk.stat(STORE), `call ${at}`).toBeUndefined();
    if (isLocked) expect(at).toBeGreaterThan(3);
  }
});

// The last step of a snapshot, the sync of its parent directory, was asked of the link and failed with ENOTDIR, when
// the snapshot was in place.
test("a snapshot may be made through a link", () => {
  inTemporaryDirectory((directory) => {
    const store = join(directory, "store");
    RecordLog.openSync(store).closeSync();
    mkdirSync(join(directory, "backups"));
    symlinkSync(join(directory, "backups"), join(directory, "link"));
    snapshotToSync(store, join(directory, "link", "copy"));
    RecordLogReader.openSync(join(directory, "backups", "copy")).closeSync();
  });
});

test("a lock file that is a link is not followed", () => {
  inTemporaryDirectory((store) => {
    writeFileSync(join(store, "elsewhere"), "precious");
    symlinkSync(join(store, "elsewhere"), join(store, ".lock"));
    expect(thrownBy(() => RecordLog.openSync(store))).toMatchObject({
      code: "ERR_DATAWAL_STORE_IO",
      errno: "ELOOP",
      message: expect.stringContaining("symbolic link"),
    });
  });
});

test("open syncs the directory and its parent, whoever made them", () => {
  const { fileSystem, takeNames } = traced(diskWith({}));
  openLog(fileSystem);
  const names = takeNames();
  expect(names).toContain(`fsyncDirectorySync ${STORE}`);
  expect(names).toContain("fsyncDirectorySync /");
});

test("missing parents are made one level at a time, each durable before the next", () => {
  const { fileSystem, takeNames } = traced(createSimulatedDisk());
  RecordLog.openSync("/a/b/store", { fileSystem });
  const made = takeNames().filter((name) => /^(makeDirectory|fsyncDirectorySync)/.test(name));
  expect(made.slice(0, 7)).toEqual([
    "fsyncDirectorySync /",
    "makeDirectory /a",
    "fsyncDirectorySync /",
    "makeDirectory /a/b",
    "fsyncDirectorySync /a",
    "makeDirectory /a/b/store",
    "fsyncDirectorySync /a/b",
  ]);
});
