import { basename } from "node:path";
import type { HeldLock, RefusedLock } from "@datawal/safeatomic";
import { createSimulatedDisk, type SimulatedDisk } from "@datawal/safeatomic/testing";
import {
  DataWal,
  DataWalReader,
  RecordLog,
  replaceStoreSync,
  salvageToSync,
  snapshotToSync,
  utf8,
} from "datawal";
import { expect, test } from "vitest";
import { appendTo } from "./kit/disk-tree.js";

const TEXT = { key: utf8, value: utf8 };

/** With which bits files and directories are made from now on, temporary ones too; numbers and suffixes apart. */
function watch(disk: SimulatedDisk): Map<string, string> {
  const made = new Map<string, string>();
  const note = (path: string) => {
    made.set(basename(path).replace(/\d+(-\d+)?/g, "N"), (disk.stat(path)!.mode & 0o777).toString(8));
  };
  const [open, makeDirectory] = [disk.open, disk.makeDirectory];
  const lock: (path: string, owner: string) => HeldLock | RefusedLock = disk.lock;
  disk.open = function (this: SimulatedDisk, path, how, permissions) {
    const file = open.call(this, path, how, permissions);
    if (how === "create") note(path);
    return file;
  };
  disk.makeDirectory = function (this: SimulatedDisk, path, permissions) {
    makeDirectory.call(this, path, permissions);
    note(path);
  };
  disk.lock = function (this: SimulatedDisk, path: string, owner: string) {
    const held = lock.call(this, path, owner);
    note(path);
    return held;
  };
  return made;
}

/** What makes files: appends, rotation, a repair with journal and quarantine, compactions, copies, a swap. */
function useEverything(disk: SimulatedDisk, mode: number | undefined): Record<string, string> {
  const made = watch(disk);
  const files = { fileSystem: disk, mode };
  const writer = DataWal.openSync("/at/store", { ...TEXT, ...files, segmentBytesMax: 200 });
  for (let round = 0; round < 20; round++) writer.put(`key ${round % 3}`, `value ${round}`);
  writer.compactSync();
  writer.put("unsynced", "");
  const { segment } = writer.refOf("unsynced")!;
  disk.killProcess();
  appendTo(disk, `/at/store/${String(segment).padStart(8, "0")}.dwal`, Uint8Array.of(1, 2, 3));
  const again = DataWal.openSync("/at/store", { ...TEXT, ...files });
  again.compactToSync("/compacted");
  again.exportJsonlSync("/exported.jsonl");
  again.snapshotToSync("/snapshot");
  again.closeSync();
  const reader = DataWalReader.openSync("/at/store", { ...TEXT, ...files });
  reader.exportJsonlSync("/exported-by-reader.jsonl");
  reader.compactToSync("/compacted-by-reader");
  reader.snapshotToSync("/snapshot-by-reader");
  reader.closeSync();
  snapshotToSync("/at/store", "/other-snapshot", files);
  salvageToSync("/at/store", "/salvaged", files);
  replaceStoreSync("/at/store", "/compacted", files);
  RecordLog.openSync("/log", files).closeSync();
  return Object.fromEntries([...made].sort());
}

/** Their names, the suffix of a temporary apart. */
const FILES = [
  ".lock",
  ".replaced-by-N",
  "N.cut-N.new",
  "N.dwal",
  "N.dwal.new",
  "N.tail.new",
  "exported-by-reader.jsonl.N.new",
  "exported.jsonl.N.new",
  "removed-segments.new",
];
const DIRECTORIES = [
  "at",
  "compacted",
  "compacted-by-reader",
  "log",
  "other-snapshot.N.new",
  "quarantine-N",
  "salvaged.N.new",
  "snapshot-by-reader.N.new",
  "snapshot.N.new",
  "store",
];

// In a directory that a group shared, and in a private cache, files had the bits of whoever happened to make them.
test.each([
  [undefined, "644", "755"],
  [0o660, "660", "770"],
  [0o600, "600", "700"],
  [0o644, "644", "755"],
  [0o640, "640", "750"],
])("with mode %o every file that is made has the bits %s, every directory %s", (mode, file, directory) => {
  const expected = [...FILES.map((name) => [name, file]), ...DIRECTORIES.map((name) => [name, directory])];
  expect(useEverything(createSimulatedDisk(), mode)).toEqual(Object.fromEntries(expected));
});

test("what is there already keeps its bits", () => {
  const disk = createSimulatedDisk();
  DataWal.openSync("/store", { fileSystem: disk }).closeSync();
  const store = DataWal.openSync("/store", { fileSystem: disk, mode: 0o600 });
  store.put("a", "1");
  store.rotateSync();
  const modes = ["", "/.lock", "/00000001.dwal", "/00000002.dwal"].map(
    (name) => disk.stat(`/store${name}`)!.mode,
  );
  expect(modes).toEqual([0o755, 0o644, 0o644, 0o600]);
});

test("bits under which the owner could not go on, and no bits, are refused", () => {
  const disk = createSimulatedDisk();
  for (const mode of [0, 0o400, 0o066, 0o1600, 0o1000, -1, 384.5, "0600"] as number[])
    expect(() => DataWal.openSync("/store", { fileSystem: disk, mode })).toThrow(
      expect.objectContaining({ code: "ERR_DATAWAL_BAD_OPTION", option: "mode" }),
    );
  expect(disk.list("/")).toEqual([]);
});
