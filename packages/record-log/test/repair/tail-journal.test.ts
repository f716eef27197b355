import { crc32c } from "@datawal/format";
import { isIdempotent, isPrefixWithAcknowledged, isUntouched } from "@datawal/oracle";
import { runAsync, runSync } from "@datawal/safeatomic/internal";
import { type SimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import { RecordLog, salvageToSync } from "../../src/index.js";
import { readJournal, rewriteTail } from "../../src/repair/tail-journal.js";
import { Store } from "../../src/store/store.js";
import { concat, flipped, frames, put, raw, type SampleRecord, sameBytes } from "../kit/frames.js";
import { leaveNote } from "../kit/lock-file.js";
import { readBack, readOnly, thrownBy } from "../kit/read-back.js";
import { journalOf } from "../kit/repair-cases.js";
import { IS_FULL_RUN } from "../kit/seeded-random.js";
import { diskWith, filesOf, STORE } from "../kit/store-files.js";

const SEGMENT = "00000001.dwal";
const JOURNAL = "00000001.tail";
const records = [raw(1, "one"), put(2, "key", "two"), raw(3, "three")];
const log = frames(...records);
const provenSize = frames(records[0]!).length;
const journal = journalOf(1, provenSize, log.subarray(provenSize));
const proven = log.subarray(0, provenSize);

function opensWith(disk: SimulatedDisk, expected: SampleRecord[] = records): void {
  const first = readBack(disk);
  isPrefixWithAcknowledged(first.records, expected, expected.length);
  isIdempotent(first, readBack(disk));
}

describe("a journal that an interrupted repair left", () => {
  const states: [string, Uint8Array][] = [
    ["nothing was cut yet", log],
    ["the segment is cut", proven],
    ["some of it is appended", log.subarray(0, provenSize + 11)],
    [
      "what was appended are zeros after a power cut",
      concat(proven, new Uint8Array(log.length - provenSize)),
    ],
    ["all is done but its removal", log],
    ["a damaged tail was not cut yet", concat(log, Uint8Array.of(1, 2, 3))],
  ];

  test.each(states)("is applied, and removed: %s", (_name, segment) => {
    const disk = diskWith({ [SEGMENT]: segment, [JOURNAL]: journal });
    opensWith(disk);
    expect(filesOf(disk)).toEqual({ [SEGMENT]: log });
  });

  test("is told by a reader, who changes nothing", () => {
    const disk = diskWith({ [SEGMENT]: proven, [JOURNAL]: journal });
    const { records: found, report } = readOnly(disk);
    expect(found).toHaveLength(1);
    expect(report.warnings).toEqual([{ kind: "repair-unfinished", path: `${STORE}/${JOURNAL}` }]);
    isUntouched(filesOf(disk), { [SEGMENT]: proven, [JOURNAL]: journal });
  });

  test("is not looked for before the directory is synced: a power cut could bring back one that was removed", () => {
    const operations: string[] = [];
    const disk = diskWith({ [SEGMENT]: log });
    readBack(withFaults(disk, ({ operation }) => void operations.push(operation)));
    const synced = operations.indexOf("fsyncDirectorySync");
    expect(synced).toBeGreaterThan(0);
    expect(operations.indexOf("list")).toBeGreaterThan(synced);
  });

  test("does not cut what a later session appended: its removal is durable before the open returns", () => {
    const disk = diskWith({ [SEGMENT]: proven, [JOURNAL]: journal });
    const opened = RecordLog.openSync(STORE, { fileSystem: disk });
    opened.append("four");
    opened.fsyncSync();
    disk.cutPower();
    opensWith(disk, [...records, raw(4, "four")]);
  });
});

describe("a journal that cannot be applied is refused, and nothing is changed", () => {
  const others: [string, Uint8Array][] = [
    ["empty", new Uint8Array(0)],
    ["shorter than its last line", journal.subarray(0, 40)],
    ["without its first byte", journal.subarray(1)],
    ["without its last byte", journal.subarray(0, -1)],
    ["of another segment", journalOf(2, provenSize, log.subarray(provenSize))],
    ["foreign", new TextEncoder().encode(`what somebody noted${"\n".repeat(100)}`)],
    ["of zeros", new Uint8Array(journal.length)],
  ];

  test.each(others)("%s", (_name, content) => {
    const files = { [SEGMENT]: proven, [JOURNAL]: content };
    const disk = diskWith(files);
    expect(thrownBy(() => readBack(disk))).toMatchObject({
      code: "ERR_DATAWAL_JOURNAL_DAMAGED",
      path: `${STORE}/${JOURNAL}`,
    });
    isUntouched(files, filesOf(disk));
  });

  /** The checksum once covered the bytes alone: with a bit of the offset turned they were put at another place. */
  test("with any bit of it changed", () => {
    for (let bit = 0; bit < journal.length * 8; bit++) {
      const disk = diskWith({ [SEGMENT]: proven, [JOURNAL]: flipped(journal, bit) });
      expect(
        thrownBy(() => readBack(disk)),
        `bit ${bit}`,
      ).toMatchObject({
        code: "ERR_DATAWAL_JOURNAL_DAMAGED",
      });
    }
  });

  /** Both were errors of the file system before, ENOENT and EINVAL, that gave no hint of what to do. */
  test.each([
    ["whose segment is gone", {}],
    ["whose segment is shorter than what it continues", { [SEGMENT]: proven.subarray(1) }],
  ])("%s", (_name, rest) => {
    const files = { ...rest, [JOURNAL]: journal };
    const disk = diskWith(files);
    const error = thrownBy(() => readBack(disk));
    expect(error).toMatchObject({ code: "ERR_DATAWAL_JOURNAL_DAMAGED", path: `${STORE}/${JOURNAL}` });
    expect(String(error)).toContain(SEGMENT);
    isUntouched(files, filesOf(disk));
  });

  test("salvage collects its frames all the same, each once", () => {
    const damaged = flipped(journal, (journal.length - 1) * 8);
    for (const segment of [proven, log, log.subarray(0, provenSize + 11)]) {
      const disk = diskWith({ [SEGMENT]: segment, [JOURNAL]: damaged });
      salvageToSync(STORE, "/salvaged", { fileSystem: disk });
      isPrefixWithAcknowledged(readBack(disk, {}, "/salvaged").records, records, records.length);
    }
  });
});

describe("the bytes in it", () => {
  /** A page that was lost may show its content now and zeros at the next read: only what was verified may be kept. */
  test("are those that were verified, not those of a second read", () => {
    const disk = diskWith({ [SEGMENT]: log });
    leaveNote(disk, { segment: 1, size: provenSize });
    const open = disk.open.bind(disk);
    let reads = 0;
    disk.open = (path, ...rest) => {
      const file = open(path, ...rest);
      const readAt = file.readAt.bind(file);
      if (path.endsWith(SEGMENT))
        file.readAt = (target, targetOffset, ...where) => {
          const count = readAt(target, targetOffset, ...where);
          if (++reads > 1) target.fill(0, targetOffset, targetOffset + count);
          return count;
        };
      return file;
    };
    RecordLog.openSync(STORE, { fileSystem: disk }).closeSync();
    expect(reads).toBe(1);
    disk.open = open;
    opensWith(disk);
  });

  test("may be many chunks long", () => {
    const large = [
      raw(1, "one"),
      ...[2, 3, 4].map((txid) => raw(txid, new Uint8Array(1_300_000).fill(txid))),
    ];
    const disk = diskWith({ [SEGMENT]: concat(frames(...large), new Uint8Array(2_000_000)) });
    leaveNote(disk, { segment: 1, size: provenSize });
    opensWith(disk, large);
    expect(sameBytes(filesOf(disk)[SEGMENT]!, frames(...large))).toBe(true);
  });

  test("may begin at 0, where nothing of the segment is proven", () => {
    const disk = diskWith({ [SEGMENT]: log });
    leaveNote(disk, { segment: 1, size: 0 });
    opensWith(disk);
  });

  test("are told as they are kept", () => {
    const disk = diskWith({ [JOURNAL]: journal });
    const steps = readJournal(new Store({ fileSystem: disk, crc: crc32c }, STORE), 1);
    expect(runSync(steps)).toMatchObject({
      segment: 1,
      offset: provenSize,
      byteCount: log.length - provenSize,
    });
  });
});

/** An open that was given up between the cut and the appending left a segment without acknowledged records. */
test("an open that is given up at any moment leaves the records in the segment", async () => {
  const large = [raw(1, "one"), raw(2, new Uint8Array(1_100_000)), raw(3, new Uint8Array(1_100_000))];
  let isOpened = false;
  for (let aborting = 1; !isOpened; aborting += IS_FULL_RUN ? 1 : 3) {
    const disk = diskWith({ [SEGMENT]: frames(...large) });
    leaveNote(disk, { segment: 1, size: provenSize });
    const controller = new AbortController();
    let steps = 0;
    const onProgress = () => void (++steps === aborting && controller.abort("given up"));
    const log = await RecordLog.open(STORE, {
      fileSystem: disk,
      signal: controller.signal,
      onProgress,
    }).catch((error: unknown) => {
      expect(error).toBe("given up");
      return undefined;
    });
    await log?.close();
    isOpened = log !== undefined;
    isPrefixWithAcknowledged(readOnly(disk).records, large, large.length);
    if (!isOpened) isPrefixWithAcknowledged(readBack(disk).records, large, large.length);
    if (isOpened) expect(aborting).toBeGreaterThan(5);
  }
});

test("a cut is synced also where nothing is appended again", async () => {
  const disk = diskWith({ [SEGMENT]: log });
  const path = `${STORE}/${SEGMENT}`;
  await runAsync(rewriteTail(disk, path, { ...disk.stat(path)!, size: provenSize }));
  disk.cutPower();
  expect(filesOf(disk)).toEqual({ [SEGMENT]: proven });
});

test("the size is checked at the end: a file that another program changed is an error", () => {
  const disk = diskWith({ [SEGMENT]: log });
  const other = disk.open(`${STORE}/${SEGMENT}`, "append");
  const changing = withFaults(disk, ({ operation }) => {
    if (operation === "file.fsyncSync") other.append(Uint8Array.of(1), 0, 1);
  });
  const path = `${STORE}/${SEGMENT}`;
  const steps = rewriteTail(changing, path, { ...disk.stat(path)!, size: provenSize });
  expect(thrownBy(() => runSync(steps))).toMatchObject({
    code: "ERR_DATAWAL_SEGMENT_CHANGED",
    expected: provenSize,
    actual: provenSize + 1,
  });
});
