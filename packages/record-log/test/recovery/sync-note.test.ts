import { crc32c } from "@datawal/format";
import { createSimulatedDisk, type SimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import { RecordLog } from "../../src/index.js";
import { formatSyncNote, inodeOf, parseSyncNote } from "../../src/recovery/sync-note.js";
import { concat, flipped, frames, raw } from "../kit/frames.js";
import { readBack, thrownBy } from "../kit/read-back.js";
import { allFilesOf, diskWith, filesOf, readFile, STORE, writeFiles } from "../kit/store-files.js";

const note = { segment: 7, size: 123_456, inode: "42" };
const records = [raw(1, "one"), raw(2, "two"), raw(3, "three")];
const SEGMENT = "00000001.dwal";

describe("the note's line", () => {
  test("comes back as it was written, and has one length", () => {
    const line = formatSyncNote(note, crc32c);
    expect(parseSyncNote(line, crc32c)).toEqual(note);
    expect(formatSyncNote({ segment: 1, size: 0, inode: "1" }, crc32c)).toHaveLength(line.length);
  });

  test("counts for nothing when any bit of it is flipped", () => {
    const line = new TextEncoder().encode(formatSyncNote(note, crc32c).trimEnd());
    for (let bit = 0; bit < line.length * 8; bit++) {
      const garbled = new TextDecoder("latin1").decode(flipped(line, bit));
      expect(parseSyncNote(garbled, crc32c)).toBeUndefined();
    }
  });
});

/** A store with three records whose lock file has a note that says so. */
function notedStore(size: (whole: number) => number, { segment = 1, inode = "" } = {}): SimulatedDisk {
  const disk = diskWith({ [SEGMENT]: frames(...records) });
  const stat = disk.stat(`${STORE}/${SEGMENT}`)!;
  const line = formatSyncNote(
    { segment, size: size(stat.size), inode: inode || inodeOf(stat.identity) },
    crc32c,
  );
  writeFiles(disk, { ".lock": new TextEncoder().encode(`1\n${line}\n`) });
  return disk;
}

/** Whether the open of this store wrote the tail again. */
function rewrites(disk: SimulatedDisk): boolean {
  let wasRewritten = false;
  const fileSystem = withFaults(disk, ({ operation }) => {
    wasRewritten ||= operation === "file.truncate";
  });
  expect(readBack(fileSystem).records).toHaveLength(3);
  return wasRewritten;
}

describe("what open makes of the note", () => {
  test("bytes it calls synced are left alone", () => {
    expect(rewrites(notedStore((whole) => whole))).toBe(false);
  });

  test("bytes behind it are written again", () => {
    expect(rewrites(notedStore((whole) => whole - 10))).toBe(true);
    expect(rewrites(notedStore(() => 0))).toBe(true);
  });

  test("a note of another segment or inode says nothing", () => {
    expect(rewrites(notedStore(() => 0, { inode: "999" }))).toBe(false);
    expect(rewrites(notedStore(() => 0, { segment: 0 }))).toBe(false);
  });

  test("a log that ends before it has lost acknowledged data, and strict recovery refuses it", () => {
    for (const lost of [
      () => notedStore((whole) => whole + 50),
      () => notedStore(() => 10, { segment: 2 }),
    ]) {
      expect(readBack(lost()).report.warnings).toContainEqual(
        expect.objectContaining({ kind: "synced-data-missing" }),
      );
      const disk = lost();
      expect(thrownBy(() => readBack(disk, { recover: "strict" }))).toMatchObject({
        code: "ERR_DATAWAL_STRICT_RECOVERY",
      });
      expect(filesOf(disk)).toEqual(filesOf(lost()));
    }
  });

  test("damage below it is told as rot or an outside hand", () => {
    const whole = frames(...records);
    const disk = diskWith({ [SEGMENT]: flipped(whole, (whole.length - 1) * 8) });
    const inode = inodeOf(disk.stat(`${STORE}/${SEGMENT}`)!.identity);
    const line = formatSyncNote({ segment: 1, size: whole.length, inode }, crc32c);
    writeFiles(disk, { ".lock": new TextEncoder().encode(`1\n${line}\n`) });
    expect(readBack(disk).report.warnings).toContainEqual({
      kind: "synced-data-damaged",
      segment: 1,
      offset: frames(...records.slice(0, 2)).length,
      syncedBytes: whole.length,
    });
  });
});

describe("where open's own sync fails", () => {
  /** The kernel tells a failed write-back once, to the next who syncs. */
  function failingFirstSync(disk: SimulatedDisk) {
    let failures = 1;
    return withFaults(disk, ({ operation, path }) =>
      operation === "file.fsyncSync" && path.endsWith(SEGMENT) && failures-- > 0
        ? { errno: "EIO" }
        : undefined,
    );
  }

  test("nothing is proven without a note: all of it is written again, and the report says so", () => {
    const disk = diskWith({ [SEGMENT]: frames(...records) });
    const { records: found, report } = readBack(failingFirstSync(disk));
    expect(found).toHaveLength(3);
    expect(report.warnings).toEqual([{ kind: "open-sync-failed", segment: 1, errno: "EIO" }]);
    disk.cutPower();
    expect(readBack(disk).records).toHaveLength(3);
  });

  test("the failure is noted before anything else, so that a kill cannot hide it", () => {
    const disk = diskWith({ [SEGMENT]: frames(...records) });
    let notes = 0;
    const fileSystem = withFaults(failingFirstSync(disk), ({ operation }) =>
      operation === "lock.writeNote" && notes++ === 1 ? "stop" : undefined,
    );
    const dying = withFaults(fileSystem, ({ operation }) =>
      operation === "file.truncate" ? "stop" : undefined,
    );
    expect(() => RecordLog.openSync(STORE, { fileSystem: dying })).toThrow();
    disk.killProcess();
    expect(rewrites(disk)).toBe(true);
  });
});

test("the note stays through an open that is killed before it writes one of its own", () => {
  const disk = notedStore(() => 0);
  const dying = withFaults(disk, ({ operation }) => (operation === "file.stat" ? "stop" : undefined));
  expect(() => RecordLog.openSync(STORE, { fileSystem: dying })).toThrow();
  disk.killProcess();
  expect(rewrites(disk)).toBe(true);
});

test("a fresh store's note is as good as an old one's", () => {
  const disk = createSimulatedDisk();
  const log = RecordLog.openSync(STORE, { fileSystem: disk });
  log.append("unsynced");
  disk.killProcess();
  const text = new TextDecoder().decode(readFile(disk, ".lock"));
  expect(parseSyncNote(text.split("\n")[1]!, crc32c)).toMatchObject({ segment: 1, size: 0 });
  expect(Object.keys(allFilesOf(disk))).toContain(".lock");
  expect(concat(filesOf(disk)[SEGMENT]!).length).toBeGreaterThan(0);
});
