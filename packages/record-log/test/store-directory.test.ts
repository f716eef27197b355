import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { expect, test } from "vitest";
import { RecordLog, RecordLogReader, snapshotToSync, verifyLogSync } from "../src/index.js";
import { findStoreDirectory, oldStorePath } from "../src/store-directory.js";
import { openLog, payloadsOf } from "./kit/open-log.js";
import { traced } from "./kit/port-trace.js";
import { thrownBy } from "./kit/read-back.js";
import { diskWith, STORE } from "./kit/store-files.js";
import { inTemporaryDirectory } from "./kit/temporary-directory.js";

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
      code: "ERR_DATAWAL_STORE_IO",
      errno: "ENOENT",
    });
  });
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
