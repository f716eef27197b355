import { crc32c } from "@datawal/format";
import { type PortCall, type SimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import { RecordLog } from "../../src/index.js";
import {
  fileNumbersOf,
  formatSyncNote,
  inodeOf,
  notedSize,
  parseSyncNote,
} from "../../src/store/sync-note.js";
import { concat, flipped, frames, put, raw } from "../kit/frames.js";
import { leaveNote, leaveNoteText, noteIn } from "../kit/lock-file.js";
import { type ReadBack, readBack, thrownBy } from "../kit/read-back.js";
import { diskWith, filesOf, removeFile, STORE, writeFiles } from "../kit/store-files.js";

const records = [raw(1, "one"), put(2, "key", "two"), raw(3, "three")];
const log = frames(...records);
const firstLen = frames(records[0]!).length;
const SEGMENT = "00000001.dwal";

/** Opens and closes; returns the calls that were made on the segment and on journals. */
function callsOfOpen(disk: SimulatedDisk): PortCall[] {
  const calls: PortCall[] = [];
  const traced = withFaults(disk, (call) => void calls.push(call));
  RecordLog.openSync(STORE, { fileSystem: traced }).closeSync();
  return calls;
}

/** From where to where the segment was written again through a journal; nothing where it was not. */
function rewritten(
  disk: SimulatedDisk,
  open: () => ReadBack = () => readBack(disk),
): { from: number; journalBytes: number } | undefined {
  let from: number | undefined;
  let journalBytes = 0;
  const openFile = disk.open.bind(disk);
  disk.open = (path, ...rest) => {
    const file = openFile(path, ...rest);
    const { truncate, append } = file;
    if (path.endsWith(SEGMENT))
      file.truncate = (size) => {
        from = size;
        truncate.call(file, size);
      };
    if (path.endsWith(".tail.new"))
      file.append = (...args) => {
        journalBytes += args[2];
        return append.apply(file, args);
      };
    return file;
  };
  expect(open().records).toMatchObject(records.map(({ txid }) => ({ txid })));
  disk.open = openFile;
  return from === undefined ? undefined : { from, journalBytes };
}

describe("the line", () => {
  const note = { segment: 12, size: 4_294_967_297, file: "18446744073709551615:1764355814123456789" };

  test("is read as it was written", () => {
    expect(parseSyncNote(formatSyncNote(note, crc32c), crc32c)).toEqual(note);
  });

  test("has one length, so that nothing of a longer one stays behind a shorter one", () => {
    const lengths = [
      { segment: 0, size: 0, file: "1" },
      note,
      { ...note, segment: 99_999_999, size: 2 ** 53 - 1 },
    ].map((each) => formatSyncNote(each, crc32c).length);
    expect(new Set(lengths).size).toBe(1);
  });

  test("counts for nothing with any bit of it changed but those behind the checksum", () => {
    const line = new TextEncoder().encode(formatSyncNote(note, crc32c).trimEnd());
    for (let bit = 0; bit < line.length * 8; bit++)
      expect(parseSyncNote(new TextDecoder().decode(flipped(line, bit)), crc32c)).toBeUndefined();
  });

  test.each(["", "synced", "synced 2 1 5 6 00000000", "4242", "synced 1 1 -5 6 00000000", "\0".repeat(80)])(
    "is none: %j",
    (line) => {
      expect(parseSyncNote(line, crc32c)).toBeUndefined();
    },
  );

  test("of versions 1 and 2 is read from these very bytes", () => {
    const [one, two] = [
      "synced 1 12 4294967297 131 ff505c38".padEnd(80),
      "synced 2 12 4294967297 131:1764355814123456789 2645814e".padEnd(96),
    ];
    expect(parseSyncNote(one, crc32c)).toEqual({ segment: 12, size: 4_294_967_297, file: "131" });
    const noted = { segment: 12, size: 4_294_967_297, file: "131:1764355814123456789" };
    expect(parseSyncNote(two, crc32c)).toEqual(noted);
    expect(formatSyncNote(noted, crc32c)).toBe(two);
  });

  // An inode alone is no identity: ext4 gives it to the next file at once.
  test.each([
    ["131:5", "7:131:5", 700],
    ["131:5", "8:131:5", 700],
    ["131:5", "7:131:6", undefined],
    ["131:5", "7:132:5", undefined],
    ["131", "7:131:5", 700],
    ["131:5", "7:131", 700],
    ["131", "7:1310", undefined],
  ])("of file %s counts for %s, on whatever device: %s", (file, identity, size) => {
    const about = { segment: 1, size: 700, file };
    expect(notedSize(about, 1, identity)).toBe(size);
    expect(notedSize(about, 2, identity)).toBeUndefined();
  });

  test("the file's numbers are the port's identity without the device, whose number a mount may change", () => {
    expect(fileNumbersOf("2049:131")).toBe("131");
    expect(fileNumbersOf("2049:131:1700000000000000000")).toBe("131:1700000000000000000");
    expect(inodeOf("2049:131")).toBe("131");
    expect(inodeOf("2049:131:1700000000000000000")).toBe("131");
  });
});

describe("what was synced is left alone, what was not is written again", () => {
  test("a note that covers the whole log: nothing is written", () => {
    const disk = diskWith({ [SEGMENT]: log });
    leaveNote(disk, { segment: 1, size: log.length });
    expect(rewritten(disk)).toBeUndefined();
  });

  test("a note that covers less: the rest is kept in a journal, cut, and appended again", () => {
    const disk = diskWith({ [SEGMENT]: log });
    leaveNote(disk, { segment: 1, size: firstLen });
    const journalBytes = log.length - firstLen + 80;
    expect(rewritten(disk)).toEqual({ from: firstLen, journalBytes });
    expect(filesOf(disk)).toEqual({ [SEGMENT]: log });
    expect(noteIn(disk)).toMatchObject({ segment: 1, size: log.length });
    expect(rewritten(disk)).toBeUndefined();
  });

  const noNote: [string, (disk: SimulatedDisk) => void][] = [
    ["no note", () => undefined],
    [
      "a pid alone, as the reference leaves it",
      (disk) => writeFiles(disk, { ".lock": Buffer.from("4711\n") }),
    ],
    ["a damaged note", (disk) => leaveNoteText(disk, "synced 1 1 0 2 deadbeef")],
    ["bytes", (disk) => writeFiles(disk, { ".lock": Uint8Array.from({ length: 300 }, (_, i) => i) })],
    ["a note of another inode", (disk) => leaveNote(disk, { segment: 1, size: 0, file: "4711" })],
    ["a note of an earlier segment", (disk) => leaveNote(disk, { segment: 0, size: 0 })],
  ];

  test.each(noNote)("%s: a successful sync of the segment is taken for proof", (_name, prepare) => {
    const disk = diskWith({ [SEGMENT]: log });
    prepare(disk);
    expect(rewritten(disk)).toBeUndefined();
    expect(noteIn(disk)).toMatchObject({ segment: 1, size: log.length });
  });

  test("the proof is made before anything is read, and covers the segment, the directory and its parent", () => {
    const calls = callsOfOpen(diskWith({ [SEGMENT]: log })).map(
      ({ operation, path }) => `${operation} ${path}`,
    );
    const first = (call: string) => calls.indexOf(call);
    expect(first(`fsyncDirectorySync ${STORE}`)).toBeGreaterThan(0);
    expect(first("fsyncDirectorySync /")).toBeGreaterThan(0);
    expect(first(`file.fsyncSync ${STORE}/${SEGMENT}`)).toBeGreaterThan(first(`list ${STORE}`));
    expect(first(`file.fsyncSync ${STORE}/${SEGMENT}`)).toBeLessThan(
      first(`file.readAt ${STORE}/${SEGMENT}`),
    );
    expect(first(`list ${STORE}`)).toBeGreaterThan(first(`fsyncDirectorySync ${STORE}`));
  });
});

describe("a sync that fails while the store is opened", () => {
  function openWithFailingSync(disk: SimulatedDisk) {
    let isFirst = true;
    const failing = withFaults(disk, ({ operation, path }) => {
      if (operation !== "file.fsyncSync" || !path.endsWith(SEGMENT) || !isFirst) return undefined;
      isFirst = false;
      return { errno: "EIO" };
    });
    const found = readBack(failing);
    expect(found.report.warnings).toEqual([{ kind: "open-sync-failed", segment: 1, errno: "EIO" }]);
    return found;
  }

  test("without a note proves nothing: all is written again", () => {
    const disk = diskWith({ [SEGMENT]: log });
    expect(rewritten(disk, () => openWithFailingSync(disk))).toMatchObject({ from: 0 });
    expect(filesOf(disk)).toEqual({ [SEGMENT]: log });
    expect(noteIn(disk)?.size).toBe(log.length);
  });

  /** The kernel tells a lost page once. An open that dies before its repair must leave a word to the next one. */
  test("and then dies: the next open does not trust the sync that succeeds", () => {
    const disk = diskWith({ [SEGMENT]: log });
    let syncFailed = false;
    const dying = withFaults(disk, ({ operation, path }) => {
      if (operation === "file.readAt") return "stop";
      if (operation !== "file.fsyncSync" || !path.endsWith(SEGMENT)) return undefined;
      syncFailed = true;
      return { errno: "EIO" };
    });
    thrownBy(() => readBack(dying));
    disk.killProcess();
    expect(syncFailed).toBe(true);
    expect(noteIn(disk)).toMatchObject({ segment: 1, size: 0 });
    expect(rewritten(disk)).toMatchObject({ from: 0 });
  });

  /** The failure is told once: were the note written behind it, one that cannot be written would leave no trace of it. */
  test("is noted before it can be told: where no note can be written, nothing is synced", () => {
    const disk = diskWith({ [SEGMENT]: log });
    const calls: string[] = [];
    const failing = withFaults(disk, ({ operation }) => {
      calls.push(operation);
      return operation === "lock.writeNote" ? { errno: "EROFS" } : undefined;
    });
    expect(thrownBy(() => readBack(failing))).toMatchObject({ code: "ERR_DATAWAL_STORE_IO", errno: "EROFS" });
    expect(calls.at(calls.indexOf("lock.writeNote") - 1)).toBe("file.stat");
    expect(calls).not.toContain("file.fsyncSync");
  });

  test("that succeeds without a note leaves none behind, until all has been read", () => {
    const disk = diskWith({ [SEGMENT]: log });
    const dying = withFaults(disk, ({ operation }) => (operation === "file.readAt" ? "stop" : undefined));
    thrownBy(() => readBack(dying));
    disk.killProcess();
    expect(noteIn(disk)).toBeUndefined();
    expect(rewritten(disk)).toBeUndefined();
  });

  test("with a note leaves what the note covers alone", () => {
    const disk = diskWith({ [SEGMENT]: log });
    leaveNote(disk, { segment: 1, size: firstLen });
    expect(rewritten(disk, () => openWithFailingSync(disk))).toMatchObject({ from: firstLen });
    expect(filesOf(disk)).toEqual({ [SEGMENT]: log });
  });
});

describe("acknowledged data that is gone", () => {
  const strict = (disk: SimulatedDisk) => thrownBy(() => readBack(disk, { recover: "strict" }));

  test("a log that is shorter than its note is opened with a warning, and refused in strict mode", () => {
    const disk = diskWith({ [SEGMENT]: log });
    leaveNote(disk, { segment: 1, size: log.length + 50 });
    const missing = { kind: "synced-data-missing", segment: 1, syncedBytes: log.length + 50 };
    expect(strict(disk)).toMatchObject({ code: "ERR_DATAWAL_STRICT_RECOVERY" });
    expect(readBack(disk).report.warnings).toEqual([missing]);
    expect(readBack(disk, { recover: "strict" }).report.warnings).toEqual([]);
  });

  test("damage below the note is rot, not a crash: a warning, and refused in strict mode", () => {
    const disk = diskWith({ [SEGMENT]: flipped(log, (log.length - 1) * 8) });
    leaveNote(disk, { segment: 1, size: log.length });
    const offset = frames(...records.slice(0, 2)).length;
    const damaged = { kind: "synced-data-damaged", segment: 1, offset, syncedBytes: log.length };
    expect(strict(disk)).toMatchObject({ code: "ERR_DATAWAL_STRICT_RECOVERY" });
    expect(readBack(disk).report.warnings).toEqual([damaged]);
  });

  test("a log that ends before the note's segment", () => {
    const disk = diskWith({ [SEGMENT]: log });
    leaveNote(disk, { segment: 3, size: 40 });
    expect(strict(disk)).toMatchObject({ code: "ERR_DATAWAL_STRICT_RECOVERY" });
    expect(readBack(disk).report.warnings).toEqual([
      { kind: "synced-data-missing", segment: 3, syncedBytes: 40 },
    ]);
  });

  /** A store whose only segment had been removed was opened as a new, empty one, and nobody was told. */
  test("a log without any segment, though the note tells of one", () => {
    const disk = diskWith({ [SEGMENT]: log });
    readBack(disk);
    removeFile(disk, SEGMENT);
    for (const attempt of [1, 2]) {
      expect(strict(disk), `attempt ${attempt}`).toMatchObject({ code: "ERR_DATAWAL_STRICT_RECOVERY" });
      expect(filesOf(disk)).toEqual({});
    }
    expect(readBack(disk).report.warnings).toEqual([
      { kind: "synced-data-missing", segment: 1, syncedBytes: log.length },
    ]);
    expect(readBack(disk).report.warnings).toEqual([]);
  });

  test("an empty log whose segment was removed has lost nothing", () => {
    const disk = diskWith({});
    readBack(disk);
    removeFile(disk, SEGMENT);
    expect(readBack(disk).report.warnings).toEqual([]);
  });
});

test("the note of a new store says that nothing of it has been synced since", () => {
  const disk = diskWith({});
  const log = RecordLog.openSync(STORE, { fileSystem: disk });
  log.append("not synced");
  disk.killProcess();
  expect(noteIn(disk)).toMatchObject({ segment: 1, size: 0 });
});

test("the note stays through an open that is killed before it writes one of its own", () => {
  const disk = diskWith({ [SEGMENT]: log });
  leaveNote(disk, { segment: 1, size: firstLen });
  const dying = withFaults(disk, ({ operation }) => (operation === "file.stat" ? "stop" : undefined));
  thrownBy(() => readBack(dying));
  disk.killProcess();
  expect(rewritten(disk)).toMatchObject({ from: firstLen });
});

test("the note of a log that was cut says so", () => {
  const disk = diskWith({ [SEGMENT]: concat(log, new Uint8Array(100)) });
  readBack(disk);
  expect(noteIn(disk)).toMatchObject({ segment: 1, size: log.length });
});
