import { CRC_LEN, type Crc32c, crc32c, decodeGroupHead } from "@datawal/format";
import { runSync } from "@datawal/safeatomic/internal";
import type { SimulatedDisk } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import {
  type RecordLog,
  type RecordLogReader,
  salvageToSync,
  snapshotToSync,
  verifyLogSync,
} from "../../src/index.js";
import { Inspection } from "../../src/inspect/inspection.js";
import { Store } from "../../src/store/store.js";
import { concat, flipped, frames, groupFrames, put, raw } from "../kit/frames.js";
import { openLog, openReader, payloadsOnDisk } from "../kit/open-log.js";
import { thrownBy } from "../kit/read-back.js";
import { visitByReference } from "../kit/reference-visit.js";
import { journalOf, quarantineOf } from "../kit/repair-cases.js";
import { diskWith, filesOf, overwriteFile, STORE } from "../kit/store-files.js";

/*
 * The story: we die within a group, on a frame's boundary. The Rust crate, to which a head is a tombstone of a key that
 * never was, opens the store, appends behind the part, syncs, acknowledges. Were the part cut then, its record would go
 * too; were the group taken for whole, or still to come, readers would show what never was.
 */

const SEGMENT = "00000001.dwal";
const JOURNAL = "00000001.tail";
const before = raw(1, "before");
const group = groupFrames(2, put(0, "a", "1"), put(0, "b", "2"), put(0, "c", "3"));
const PARTS = [1, 2, 3] as const;
const start = frames(before);

function diskWithPart(frameCount: number): SimulatedDisk {
  return diskWith({ [SEGMENT]: concat(start, ...group.slice(0, frameCount)) });
}

function shownBy(log: RecordLog | RecordLogReader): string[] {
  const decoder = new TextDecoder();
  return Array.from(log.scan(), (record) =>
    decodeGroupHead(record) ? "head" : decoder.decode(record.payload),
  );
}

/** A frame with a CRC that fits what it says. */
function resealed(frame: Uint8Array): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  view.setUint32(frame.length - CRC_LEN, crc32c(frame.subarray(0, -CRC_LEN)), true);
  return frame;
}

/** What stands there when a writer has gone on behind a part. */
function broken(frameCount: number, ...more: string[]): string[] {
  return ["before", "head", "1", "2", "3"].slice(0, 1 + frameCount).concat(more);
}

describe.each(PARTS)("where another writer goes on behind %s frames of a group of four", (frameCount) => {
  test("all counts as it lies, for readers and writers, and the report says so", () => {
    const disk = diskWithPart(frameCount);
    visitByReference(disk, "theirs");
    const expected = broken(frameCount, "theirs");
    const warning = { kind: "group-broken", segment: 1, offset: start.length, places: 1 };
    expect(shownBy(openReader(disk))).toEqual(expected);
    expect(verifyLogSync(STORE, { fileSystem: disk })).toMatchObject({
      verdict: "intact",
      report: { warnings: [warning], recordsReplayed: expected.length },
    });
    const log = openLog(disk, { recover: "strict" });
    expect(shownBy(log)).toEqual(expected);
    expect(log.recoveryReport().warnings).toEqual([warning]);
    log.append("ours");
    log.closeSync();
    expect(shownBy(openReader(disk))).toEqual([...expected, "ours"]);
  });

  test("also in a segment that it has sealed, whether it has appended or not", () => {
    const disk = diskWithPart(frameCount);
    const files = {
      [SEGMENT]: filesOf(disk)[SEGMENT]!,
      "00000002.dwal": frames(raw(2 * frameCount + 1, "next")),
    };
    const sealed = diskWith(files);
    const expected = broken(frameCount, "next");
    expect(shownBy(openReader(sealed))).toEqual(expected);
    const log = openLog(sealed, { recover: "strict" });
    expect(shownBy(log)).toEqual(expected);
    expect(log.recoveryReport().warnings).toMatchObject([{ kind: "group-broken" }]);
  });

  test("a copy of the log has the same", () => {
    const disk = diskWithPart(frameCount);
    visitByReference(disk, "theirs");
    snapshotToSync(STORE, "/copy", { fileSystem: disk });
    expect(filesOf(disk, "/copy")[SEGMENT]).toEqual(filesOf(disk)[SEGMENT]);
  });

  test("but a frame that nobody has appended there does not keep the part", () => {
    // Where blocks are mapped before they are written, a power cut may show an old frame in place of a lost one.
    const old = frames(raw(1, "of a segment that is gone"));
    const disk = diskWith({ [SEGMENT]: concat(start, ...group.slice(0, frameCount), old) });
    expect(payloadsOnDisk(disk)).toEqual(["before"]);
    const log = openLog(disk, { recover: "strict" });
    expect(shownBy(log)).toEqual(["before"]);
    expect(log.recoveryReport()).toMatchObject({ damageReason: "cut-group", validFramesBeyond: 0 });
  });

  // Each of ours is one more than the one before: where that was the largest, the part was taken for another writer's.
  test("nor does it where more of ours stands behind the group", () => {
    const ours = frames(raw(1, "old"), raw(9, "ours"), raw(10, "ours"));
    const disk = diskWith({ [SEGMENT]: concat(start, ...group.slice(0, frameCount), ours) });
    expect(shownBy(openReader(disk))).toEqual(["before"]);
    const log = openLog(disk);
    expect(shownBy(log)).toEqual(["before"]);
    expect(log.recoveryReport()).toMatchObject({ damageReason: "cut-group", validFramesBeyond: 2 });
  });

  test("but such a frame in between does, where the other writer has gone on behind that", () => {
    const old = frames(raw(1, "old"));
    const disk = diskWith({ [SEGMENT]: concat(start, ...group.slice(0, frameCount), old) });
    visitByReference(disk, "theirs");
    expect(shownBy(openReader(disk))).toEqual(broken(frameCount, "old", "theirs"));
  });

  test("it is none of ours: whoever does again what we were about to do gives another txid", () => {
    // To the byte the frame that the head lists, were txids one apart.
    const disk = diskWithPart(frameCount);
    const next = put(2 * frameCount + 1, "abc"[frameCount - 1]!, `${frameCount}`);
    overwriteFile(disk, SEGMENT, concat(start, ...group.slice(0, frameCount), frames(next)));
    expect(shownBy(openReader(disk))).toEqual(broken(frameCount, `${frameCount}`));
  });
});

// A head is old, too, where a group was in a segment that is gone: what follows it does not go on from its txid.
test("another writer is known behind an old head that a power cut has shown", () => {
  const [old] = groupFrames(1, put(0, "a", "1"), put(0, "b", "2"));
  const disk = diskWith({ [SEGMENT]: concat(frames(raw(7, "before")), old!) });
  visitByReference(disk, "theirs");
  expect(shownBy(openReader(disk))).toEqual(["before", "head", "theirs"]);
});

// Salvage puts back what a repair has cut, where it was: records whose txids were given again.
test("another writer is known behind a part where larger txids stand before it", () => {
  const disk = diskWith({ [SEGMENT]: concat(start, frames(raw(60, "put back")), group[0]!, group[1]!) });
  const theirs = frames(raw(5, "theirs"));
  overwriteFile(disk, SEGMENT, concat(filesOf(disk)[SEGMENT]!, theirs));
  expect(shownBy(openReader(disk))).toEqual(["before", "put back", "head", "1", "theirs"]);
});

describe("a repair that was interrupted", () => {
  const doubtful = frames(raw(1, "before"));

  test.each(PARTS)(
    "takes %s frames of a group, which a power cut has brought back, for what it has cut",
    (count) => {
      const part = concat(...group.slice(0, count));
      const disk = diskWith({
        [SEGMENT]: concat(doubtful, part),
        [JOURNAL]: journalOf(1, 0, doubtful),
        [`00000001.cut-${doubtful.length}`]: quarantineOf(1, [before], part),
      });
      const log = openLog(disk, { recover: "strict" });
      expect(shownBy(log)).toEqual(["before"]);
      expect(Object.keys(filesOf(disk))).toEqual([SEGMENT, `00000001.cut-${doubtful.length}`].sort());
    },
  );

  test.each(PARTS)("keeps what another writer has put behind %s frames of a group", (count) => {
    const disk = diskWith({
      [SEGMENT]: concat(doubtful, ...group.slice(0, count)),
      [JOURNAL]: journalOf(1, 0, doubtful),
    });
    visitByReference(disk, "theirs");
    const log = openLog(disk);
    expect(shownBy(log)).toEqual(broken(count, "theirs"));
  });
});

// Each head led to a search up to the end of the segment for whoever has gone on: a square of their number.
test("heads without their records cost no more than a few passes over the segment", () => {
  const heads = Array.from(
    { length: 2000 },
    (_, index) => groupFrames(6000 - 3 * index, put(0, "a", "1"), put(0, "b", "2"))[0]!,
  );
  const disk = diskWith({ [SEGMENT]: concat(...heads, frames(raw(6001, "theirs"))) });
  let crcs = 0;
  const crc: Crc32c = (bytes, before) => {
    crcs++;
    return crc32c(bytes, before);
  };
  const inspection = new Inspection(new Store({ fileSystem: disk, crc }, STORE));
  runSync(inspection.read(1, true));
  expect(inspection.records).toBe(2001);
  expect(crcs).toBeLessThan(5 * 2001);
});

describe("a head of a version that is not known", () => {
  const head = groupFrames(2, put(0, "a", "1"), put(0, "b", "2"))[0]!;

  test.each(["last", "sealed"])(
    "in the %s segment is read as the tombstone it is, and keeps a writer out",
    (place) => {
      const unknown = new Uint8Array(head);
      unknown[24 + 16] = 9;
      const content = concat(start, resealed(unknown));
      const disk = diskWith({
        [SEGMENT]: content,
        ...(place === "sealed" && { "00000002.dwal": frames(raw(3, "next")) }),
      });
      expect(openReader(disk).recoveryReport().recordsReplayed).toBe(place === "last" ? 2 : 3);
      expect(thrownBy(() => openLog(disk))).toMatchObject({
        code: "ERR_DATAWAL_FRAME_UNSUPPORTED",
        segment: 1,
        offset: start.length,
        reason: "unknown-group-version",
      });
      expect(filesOf(disk)[SEGMENT]).toEqual(content);
    },
  );
});

describe("salvage", () => {
  test("saves the records of a group that is not whole, its head apart", () => {
    const disk = diskWithPart(3);
    const found = salvageToSync(STORE, "/salvaged", { fileSystem: disk });
    expect(found).toMatchObject({ records: 3, brokenGroups: 1 });
    const reader = openReader(diskWith({ [SEGMENT]: filesOf(disk, "/salvaged")[SEGMENT]! }));
    expect(shownBy(reader)).toEqual(["before", "1", "2"]);
  });

  // The head went into the copy with the valid prefix, and the copy warned of a broken group at each open.
  test.each([1, 2, 3])(
    "leaves out the head of a group whose record %i is damaged, in a sealed segment",
    (nth) => {
      const whole = concat(start, ...group);
      const at = start.length + group.slice(0, nth).reduce((sum, { length }) => sum + length, 0);
      const disk = diskWith({
        [SEGMENT]: flipped(whole, 8 * (at + 25)),
        "00000002.dwal": frames(raw(9, "next")),
      });
      expect(salvageToSync(STORE, "/salvaged", { fileSystem: disk })).toMatchObject({
        records: 4,
        brokenGroups: 1,
        lost: [{ segment: 1, offset: at, bytes: group[nth]!.length }],
      });
      const files = filesOf(disk, "/salvaged");
      const others = group.slice(1).filter((_, index) => index + 1 !== nth);
      expect(files[SEGMENT]).toEqual(concat(start, ...others));
      const copy = openReader(diskWith(files));
      expect(copy.recoveryReport().warnings.filter(({ kind }) => kind === "group-broken")).toEqual([]);
    },
  );

  test("copies groups that are whole as they are, behind damage as well", () => {
    const damaged = diskWith({ [SEGMENT]: concat(flipped(start, 8 * 26), ...group, ...group.slice(0, 2)) });
    expect(salvageToSync(STORE, "/salvaged", { fileSystem: damaged })).toMatchObject({
      records: 5,
      brokenGroups: 1,
    });
    expect(filesOf(damaged, "/salvaged")[SEGMENT]).toEqual(concat(...group, group[1]!));
  });

  test("copies groups that are whole as they are", () => {
    const disk = diskWithPart(4);
    expect(salvageToSync(STORE, "/salvaged", { fileSystem: disk })).toMatchObject({ brokenGroups: 0 });
    expect(filesOf(disk, "/salvaged")[SEGMENT]).toEqual(filesOf(disk)[SEGMENT]);
  });
});
