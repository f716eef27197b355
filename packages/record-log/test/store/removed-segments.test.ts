import { readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32c } from "@datawal/format";
import { runSync } from "@datawal/safeatomic/internal";
import { createSimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import {
  type OpenOptions,
  RecordLog,
  salvageToSync,
  snapshotToSync,
  verifyLogSync,
} from "../../src/index.js";
import {
  formatRemovedSegments,
  parseRemovedSegments,
  RemovedSegments,
  readMarkedNote,
  readRemovedSegments,
  writeRemovedSegments,
} from "../../src/store/removed-segments.js";
import { Store } from "../../src/store/store.js";
import { flipped, frames, raw } from "../kit/frames.js";
import { openReader, payloadsOf } from "../kit/open-log.js";
import { thrownBy } from "../kit/read-back.js";
import { diskWith, filesOf, removeFile, STORE, writeFiles } from "../kit/store-files.js";

const FIXTURES = join(import.meta.dirname, "../../../../proof/fixtures/removed_segments");
const name = (segment: number) => `${String(segment).padStart(8, "0")}.dwal`;
const markerOf = (...ids: number[]) => ids.reduce((removed, id) => removed.with(id), new RemovedSegments());
const textOf = (...ids: number[]) => formatRemovedSegments(markerOf(...ids), crc32c);
const parsed = (text: string) => `${parseRemovedSegments(text, crc32c)}`;

/** Segments of one record each, txids as their ids, and a marker that names others. */
function compacted(present: number[], removed: number[]) {
  const disk = diskWith(Object.fromEntries(present.map((id) => [name(id), frames(raw(id, `${id}`))])));
  writeFiles(disk, { "removed-segments": new TextEncoder().encode(textOf(...removed)) });
  return disk;
}

const open = (disk: ReturnType<typeof compacted>, options: OpenOptions = { recover: "strict" }) =>
  RecordLog.openSync(STORE, { fileSystem: disk, ...options });
const markerIn = (disk: ReturnType<typeof compacted>, directory = STORE) =>
  `${readRemovedSegments(new Store({ fileSystem: disk, crc: crc32c }, directory))}`;
/** What compaction does last. */
function removeCompacted(disk: ReturnType<typeof compacted>, ...ids: number[]) {
  disk.removeFile(`${STORE}/removed-segments`);
  writeFiles(disk, { "removed-segments": new TextEncoder().encode(textOf(...ids)) });
  for (const id of ids) if (disk.stat(`${STORE}/${name(id)}`)) removeFile(disk, name(id));
}
const warningsOf = (disk: ReturnType<typeof compacted>) => openReader(disk).recoveryReport().warnings;

describe("a reader from before a compaction", () => {
  test("forgets a gap with the segment that it was in, and keeps those of the others", () => {
    const disk = compacted([4], []);
    writeFiles(disk, {
      [name(2)]: frames(raw(1, "a"), raw(5, "b")),
      [name(3)]: frames(raw(6, "c"), raw(9, "d")),
    });
    const reader = openReader(disk);
    const gaps = () => reader.recoveryReport().warnings.filter(({ kind }) => kind === "txid-gap");
    expect(gaps()).toMatchObject([{ segment: 2, places: 3 }]);
    removeCompacted(disk, 2);
    reader.refreshSync();
    expect(gaps()).toMatchObject([{ segment: 3, places: 2 }]);
  });

  // What it returned was the listing that it had begun with: false gaps, and a snapshot without its marker.
  test("ends with what it listed last, where the head goes behind other segments", () => {
    const disk = compacted([1, 2, 3, 4, 5], []);
    const removals: [path: string, ids: number[]][] = [
      [name(2), [1, 3]],
      [name(5), [1, 2, 3]],
    ];
    const racing = withFaults(disk, ({ operation, path }) => {
      if (operation !== "open" || !path.endsWith(removals[0]?.[0] ?? "none")) return;
      removeCompacted(disk, ...removals.shift()![1]);
    });
    expect(snapshotToSync(STORE, "/copy", { fileSystem: racing }).warnings).toEqual([]);
    expect(removals).toEqual([]);
    expect(markerIn(disk, "/copy")).toBe("1,3");
  });
});

describe("the marker of compaction in place", () => {
  test("is one line, read back as it was written", () => {
    expect(textOf()).toMatch(/^removed 1 - [0-9a-f]{8}\n$/);
    for (const ids of [[], [1], [3, 1, 2], [7, 1, 2, 9, 8], [99_999_999]])
      expect(parsed(textOf(...ids))).toBe(`${markerOf(...ids)}`);
    expect(`${markerOf(7, 1, 2, 9, 8, 2)}`).toBe("1-2,7-9");
  });

  test("is what versions before wrote", () => {
    for (const [file, ranges] of [
      ["none", "-"],
      ["some", "1-4,7,9-12"],
      ["newest", "99999998"],
    ]) {
      const text = readFileSync(join(FIXTURES, file!), "latin1");
      expect(parsed(text)).toBe(ranges);
      expect(formatRemovedSegments(parseRemovedSegments(text, crc32c), crc32c)).toBe(text);
    }
  });

  test("names nothing where a bit of it is another, where it is cut, of a later version, or in no order", () => {
    const text = textOf(1, 2, 7);
    for (let at = 0; at < text.length * 8; at++) {
      const bytes = Buffer.from(text);
      bytes[at >> 3]! ^= 1 << (at & 7);
      expect(parsed(bytes.toString("latin1"))).toBe("-");
    }
    for (let length = 0; length < text.length; length++) expect(parsed(text.slice(0, length))).toBe("-");
    const summed = (body: string) => `${body} ${crc32c(Buffer.from(body)).toString(16).padStart(8, "0")}\n`;
    expect(summed("removed 1 1-2,7")).toBe(text);
    for (const body of [
      "removed 2 1-2,7",
      "removed 1 7,1-2",
      "removed 1 1,2",
      "removed 1 2-1",
      "removed 1 01",
    ])
      expect(parsed(summed(body))).toBe("-");
  });

  // It was taken apart first: 16 MiB of commas held a reader, and each turn of a compaction, for 40 seconds.
  test("is not taken apart where its checksum is wrong", () => {
    expect(parsed(`removed 1 ${",".repeat(16_000_000)} 00000000\n`)).toBe("-");
  });

  test("less what is there and what will be; and what it does not name", () => {
    expect(`${markerOf(1, 2, 3, 4, 5, 9).without([3, 7])}`).toBe("1-2,4-5");
    expect(`${markerOf(1, 2, 3).without([2])}`).toBe("1");
    expect(`${markerOf(1, 2, 3).without([])}`).toBe("-");
    expect(markerOf(2, 5, 6).unnamed(1, 7)).toEqual([
      [1, 1],
      [3, 4],
      [7, 7],
    ]);
    expect(markerOf(2).unnamed(2, 2)).toEqual([]);
    expect(markerOf(2).unnamed(3, 2)).toEqual([]);
    expect(markerOf(2, 5).hasMore(markerOf(2), 5)).toBe(true);
    expect(markerOf(2, 5).hasMore(markerOf(2), 6)).toBe(false);
    expect(markerOf(2, 5).hasMore(markerOf(1, 2, 5), 0)).toBe(false);
  });
});

describe("a log with holes that the marker names", () => {
  test("is opened by strict recovery, by readers and by verifyLog without a warning", () => {
    const disk = compacted([2, 5, 8], [1, 3, 4, 6, 7]);
    expect(warningsOf(disk)).toEqual([]);
    expect(verifyLogSync(STORE, { fileSystem: disk })).toMatchObject({
      verdict: "intact",
      report: { warnings: [] },
    });
    const log = open(disk);
    expect(log.recoveryReport().warnings).toEqual([]);
    expect(payloadsOf(log.scan())).toEqual(["2", "5", "8"]);
  });

  test("is refused by strict recovery once another segment is taken away by hand", () => {
    const disk = compacted([2, 5, 8], [1, 3, 4, 6, 7]);
    removeFile(disk, name(5));
    expect(thrownBy(() => open(disk))).toMatchObject({ code: "ERR_DATAWAL_STRICT_RECOVERY" });
    expect(warningsOf(disk)).toMatchObject([
      { kind: "missing-segment", segment: 5, count: 1 },
      { kind: "txid-gap", expected: 3n, actual: 8n, places: 1 },
    ]);
  });

  test("is told a jump of txids within a segment, between neighbours, and backwards", () => {
    const disk = compacted([2, 5], [1, 3, 4]);
    writeFiles(disk, {
      [name(6)]: frames(raw(9, "nine"), raw(11, "eleven")),
      [name(8)]: frames(raw(4, "four")),
    });
    writeFiles(disk, { "removed-segments": new TextEncoder().encode(textOf(1, 3, 4, 7)) });
    expect(warningsOf(disk)).toMatchObject([
      { kind: "txid-gap", segment: 6, expected: 6n, actual: 9n, places: 3 },
    ]);
  });

  test("also where segments without a record lie in the hole", () => {
    const disk = compacted([2, 6], [3, 5]);
    writeFiles(disk, { [name(4)]: new Uint8Array() });
    expect(warningsOf(disk)).toEqual([]);
  });

  test("is told as if no marker were there where the marker is damaged", () => {
    const disk = compacted([2, 4], []);
    writeFiles(disk, { "removed-segments": new TextEncoder().encode("removed 1 3 00000000\n") });
    expect(warningsOf(disk).map(({ kind }) => kind)).toEqual(["missing-segment", "txid-gap"]);
  });

  // An id that is named and there, then taken away by hand: nobody would have been told.
  test("has what is there, or will be, taken out of the marker by the next open", () => {
    const disk = compacted([2, 5, 8], [1, 3, 5, 8, 9]);
    open(disk, {}).closeSync();
    expect(markerIn(disk)).toBe("1,3");
  });

  test("is opened on a full disk, too, and the marker pruned by the next open", () => {
    const disk = compacted([2, 5], [1, 2]);
    const rename = disk.rename.bind(disk);
    disk.rename = () => {
      throw Object.assign(new Error("full"), { code: "ENOSPC" });
    };
    open(disk, {}).closeSync();
    expect(markerIn(disk)).toBe("1-2");
    disk.rename = rename;
    open(disk, {}).closeSync();
    expect(markerIn(disk)).toBe("1");
  });

  test("whose marker is to be pruned can be opened again after whichever call of an open has failed", () => {
    for (let failed = 0, isDone = false; !isDone; failed++) {
      const disk = compacted([2, 5], [1, 2, 3, 4]);
      let calls = 0;
      const failing = withFaults(disk, () => (calls++ === failed ? { errno: "EIO" } : undefined));
      try {
        RecordLog.openSync(STORE, { fileSystem: failing }).closeSync();
        isDone = calls <= failed;
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_DATAWAL_/) });
      }
      open(disk).closeSync();
      expect(markerIn(disk)).toBe("1,3-4");
      expect(Object.keys(filesOf(disk))).not.toContain("removed-segments.new");
    }
  });

  test("has its marker in a snapshot and in what is salvaged", () => {
    const disk = compacted([2, 5], [1, 2, 3, 4]);
    expect(snapshotToSync(STORE, "/copy", { fileSystem: disk }).warnings).toEqual([]);
    expect(salvageToSync(STORE, "/salvaged", { fileSystem: disk })).toMatchObject({ missingSegments: [] });
    for (const copy of ["/copy", "/salvaged"]) {
      expect(markerIn(disk, copy)).toBe("1,3-4");
      RecordLog.openSync(copy, { fileSystem: disk, recover: "strict" }).closeSync();
    }
  });

  test("keeps a temporary of a marker no longer than to the next open, and a foreign marker's kind is none", () => {
    const disk = compacted([1, 2], []);
    writeFiles(disk, { "removed-segments.new": new Uint8Array(3) });
    open(disk).closeSync();
    expect(Object.keys(filesOf(disk))).not.toContain("removed-segments.new");
    removeFile(disk, "removed-segments");
    disk.makeDirectory(`${STORE}/removed-segments`);
    expect(warningsOf(disk)).toEqual([]);
  });
});

test("a marker is written whole, in place of the one before", () => {
  const disk = createSimulatedDisk();
  disk.makeDirectory(STORE);
  const store = new Store({ fileSystem: disk, crc: crc32c }, STORE);
  for (const removed of [markerOf(1), markerOf(1, 2, 3)]) {
    runSync(writeRemovedSegments(store, removed));
    expect(`${readRemovedSegments(store)}`).toBe(`${removed}`);
  }
});

test("a marker with a sync note is what versions before wrote", () => {
  const golden = readFileSync(join(FIXTURES, "noted"));
  const note = { segment: 9, size: 4096, file: "131077:1735689600123456789" };
  const disk = diskWith({ "removed-segments": golden });
  const store = new Store({ fileSystem: disk, crc: crc32c }, STORE);
  expect([`${readRemovedSegments(store)}`, readMarkedNote(store)]).toEqual(["1-4,7", note]);
  runSync(writeRemovedSegments(store, markerOf(1, 2, 3, 4, 7), note));
  expect(filesOf(disk)["removed-segments"]).toEqual(new Uint8Array(golden));
});

test("a marker tells what was synced, too, and what it names as well where that line is damaged or was never there", () => {
  const disk = createSimulatedDisk();
  disk.makeDirectory(STORE);
  const store = new Store({ fileSystem: disk, crc: crc32c }, STORE);
  const note = { segment: 9, size: 4096, file: "12:34" };
  runSync(writeRemovedSegments(store, markerOf(1, 2), note));
  expect([`${readRemovedSegments(store)}`, readMarkedNote(store)]).toEqual(["1-2", note]);
  const written = filesOf(disk)["removed-segments"]!;
  const place = written.indexOf("\n".charCodeAt(0)) + 10;
  for (const damaged of [flipped(written, 8 * place), written.subarray(0, place)]) {
    removeFile(disk, "removed-segments");
    writeFiles(disk, { "removed-segments": damaged });
    expect([`${readRemovedSegments(store)}`, readMarkedNote(store)]).toEqual(["1-2", undefined]);
  }
  runSync(writeRemovedSegments(store, markerOf(1)));
  expect(readMarkedNote(store)).toBeUndefined();
});
