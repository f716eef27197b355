import { crc32c } from "@datawal/format";
import type { DirectoryEntry, FileSystem } from "@datawal/safeatomic";
import { appendFully, useFile } from "@datawal/safeatomic/internal";
import { createSimulatedDisk, type SimulatedDisk } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import { snapshotToSync, verifyLogSync } from "../../src/index.js";
import { PinnedStore } from "../../src/store/pinned-store.js";
import { Store } from "../../src/store/store.js";
import { frames, raw } from "../kit/frames.js";
import { overriding } from "../kit/open-file-wrapper.js";
import { openLog, openReader, payloadsOf } from "../kit/open-log.js";
import { thrownBy } from "../kit/read-back.js";
import { diskWith, removeFile, STORE, writeFiles } from "../kit/store-files.js";

const name = (segment: number) => `${String(segment).padStart(8, "0")}.dwal`;
const entries = (...segments: number[]): DirectoryEntry[] =>
  segments.map((segment) => ({ name: name(segment), kind: "file" }));

/** A disk with segments 1 to `count`, one record in each. */
function diskWithSegments(count: number): SimulatedDisk {
  const ids = Array.from({ length: count }, (_, index) => index + 1);
  return diskWith(Object.fromEntries(ids.map((id) => [name(id), frames(raw(id, `${id}`))])));
}

/** The disk, on which listings show these one after the other, and then what is there. */
function listing(disk: SimulatedDisk, ...shown: DirectoryEntry[][]): FileSystem {
  return overriding(disk, { list: (directory) => shown.shift() ?? disk.list(directory) });
}

/** The disk, on which something happens when a segment is opened. */
function onOpen(disk: SimulatedDisk, segment: number, act: () => void): FileSystem {
  let isDone = false;
  return overriding(disk, {
    open: (path, mode, permissions) => {
      if (!isDone && path === `${STORE}/${name(segment)}`) {
        isDone = true;
        act();
      }
      return disk.open(path, mode, permissions);
    },
  });
}

// Above about 820 names a listing takes several system calls: a reader missed a segment that a rotation had made before
// one that it saw, snapshotTo published the hole with the verdict intact, and a follower never yielded its records.
describe("a listing of several moments", () => {
  const segmentsListed = (fileSystem: FileSystem) =>
    new PinnedStore(new Store({ fileSystem, crc: crc32c }, STORE)).list().segments;

  test("shows no gap where a rotation made the segment meanwhile", () => {
    const disk = diskWithSegments(4);
    expect(segmentsListed(listing(disk, entries(1, 3), entries(1, 2, 3, 4)))).toEqual([1, 2, 3]);
    expect(segmentsListed(listing(disk, entries(1, 2), entries(1, 2, 4)))).toEqual([1, 2]);
  });

  test("shows no gap, but a later head, where segments were dropped meanwhile", () => {
    const disk = diskWithSegments(6);
    for (const id of [1, 2, 3]) removeFile(disk, name(id));
    expect(segmentsListed(listing(disk, entries(1, 2, 3, 4, 5, 6), entries(1, 3, 4, 5, 6)))).toEqual([
      3, 4, 5, 6,
    ]);
    expect(segmentsListed(listing(disk, entries(1, 2, 3, 4, 5, 6), entries(1, 2, 4, 5, 6)))).toEqual([
      4, 5, 6,
    ]);
  });

  test("shows a gap that is one", () => {
    const disk = diskWithSegments(4);
    removeFile(disk, name(2));
    expect(segmentsListed(disk)).toEqual([1, 3, 4]);
    expect(openReader(disk).recoveryReport().warnings).toMatchObject([
      { kind: "missing-segment", segment: 2 },
      {},
    ]);
  });

  // A model of a reader beside a writer found it: between the looks at two names a rotation made the second segment, and a
  // drop took the first, so that the listing showed neither. The reader showed an empty log, which there never was.
  test("that shows no segment at all counts once two of them do", () => {
    const disk = diskWithSegments(2);
    removeFile(disk, name(1));
    expect(segmentsListed(listing(disk, entries()))).toEqual([2]);
    expect(segmentsListed(listing(disk, entries(1), entries()))).toEqual([2]);
    removeFile(disk, name(2));
    expect(segmentsListed(disk)).toEqual([]);
  });

  test("of another directory than the one at first is none", () => {
    const disk = diskWithSegments(1);
    const store = new PinnedStore(new Store({ fileSystem: disk, crc: crc32c }, STORE));
    disk.rename(STORE, "/old");
    expect(thrownBy(() => store.list())).toMatchObject({ code: "ERR_DATAWAL_READER_STALE", path: STORE });
    disk.makeDirectory(STORE);
    expect(thrownBy(() => store.list())).toMatchObject({ code: "ERR_DATAWAL_READER_STALE", path: STORE });
  });

  test("costs a refresh without a rotation one call", () => {
    const disk = createSimulatedDisk();
    const log = openLog(disk);
    let count = 0;
    const counted = overriding<FileSystem>(disk, {
      list: (directory) => {
        count++;
        return disk.list(directory);
      },
    });
    const reader = openReader(counted);
    count = 0;
    log.append("1");
    reader.refreshSync();
    expect(count).toBe(1);
    log.rotateSync();
    reader.refreshSync();
    expect(count).toBe(3);
  });
});

// One dropSegmentsBefore in a writer made a quarter of the opens and refreshes fail with ENOENT, and every snapshot.
describe("segments that are dropped while they are read are left out, and the log begins behind them", () => {
  const dropping = (segment: number) => {
    const disk = diskWithSegments(6);
    return onOpen(disk, segment, () => {
      for (let id = 1; id < 5; id++) removeFile(disk, name(id));
    });
  };

  test.each([1, 3])("by an open, at segment %i", (segment) => {
    const reader = openReader(dropping(segment));
    expect(payloadsOf(reader.scan())).toEqual(["5", "6"]);
    expect(reader.recoveryReport()).toMatchObject({ recordsReplayed: 2, warnings: [] });
  });

  test("by a refresh, which tells it", () => {
    const disk = diskWithSegments(2);
    let act = () => undefined as void;
    const reader = openReader(onOpen(disk, 3, () => act()));
    writeFiles(disk, { [name(3)]: frames(raw(3, "3")), [name(4)]: frames(raw(4, "4")) });
    act = () => {
      for (let id = 1; id < 4; id++) removeFile(disk, name(id));
    };
    reader.refreshSync();
    expect(payloadsOf(reader.scan())).toEqual(["4"]);
    expect(reader.segments).toEqual([4]);
  });

  test("by verifyLog, which tells it and replays nothing twice", () => {
    const seen: string[] = [];
    const found = verifyLogSync(STORE, {
      fileSystem: dropping(3),
      replay: ({ payload }) => void seen.push(new TextDecoder().decode(payload)),
      onReset: () => void seen.push("reset"),
    });
    expect(seen).toEqual(["1", "2", "reset", "5", "6"]);
    expect(found).toMatchObject({ verdict: "intact", report: { recordsReplayed: 2, warnings: [] } });
  });

  test("by snapshotTo", () => {
    const fileSystem = dropping(3);
    expect(snapshotToSync(STORE, "/copy", { fileSystem })).toMatchObject({
      segments: 2,
      records: 2,
      lastTxid: 6n,
    });
    expect(fileSystem.list("/copy").map((entry) => entry.name)).toEqual([name(5), name(6)]);
  });

  // Records 1 to 9 were shown, which never stood in the log together: 1 was gone when 9 was appended.
  test("also where the head was read before it was dropped, and what came after it was read behind that", () => {
    const disk = diskWithSegments(3);
    const reader = openReader(
      onOpen(disk, 3, () => {
        removeFile(disk, name(1));
        writeFiles(disk, { [name(3)]: frames(raw(3, "3"), raw(4, "4")) });
      }),
    );
    expect(payloadsOf(reader.scan())).toEqual(["2", "3", "4"]);
    expect(reader.recoveryReport()).toMatchObject({ recordsReplayed: 3, warnings: [] });
  });

  // At the fifth time it was believed: record 5, which was gone when the last ones were appended, was shown with them.
  test("however often the head is dropped meanwhile", () => {
    const disk = diskWithSegments(9);
    const appended = [9];
    const states: string[][] = [];
    const onEach = overriding(disk, {
      open: (path, mode, permissions) => {
        const head = appended.length;
        if (path === `${STORE}/${name(9)}` && head < 9) {
          removeFile(disk, name(head));
          appended.push(9 + head);
          const frame = frames(raw(9 + head, `${9 + head}`));
          useFile(disk, path, "append", (file) => appendFully(file, frame));
          const sealed = [2, 3, 4, 5, 6, 7, 8].filter((id) => id > head);
          states.push([...sealed, ...appended].map(String));
        }
        return disk.open(path, mode, permissions);
      },
    });
    expect(states).toContainEqual(payloadsOf(openReader(onEach).scan()));
  });

  test("but one that vanishes behind others that stay was not dropped: that is an error", () => {
    const disk = diskWithSegments(3);
    const vanishing = onOpen(disk, 2, () => removeFile(disk, name(2)));
    const options = { fileSystem: vanishing };
    expect(thrownBy(() => snapshotToSync(STORE, "/copy", options))).toMatchObject({ errno: "ENOENT" });
    expect(disk.stat("/copy")).toBeUndefined();
  });
});

// What was read came from two stores: deleted keys came back, live ones were lost, and the verdict was intact.
describe("a store that is swapped while it is read is told as that", () => {
  const swapping = (segment: number) => {
    const disk = diskWithSegments(3);
    return onOpen(disk, segment, () => {
      disk.rename(STORE, "/store.old");
      disk.makeDirectory(STORE);
      writeFiles(disk, {
        [name(1)]: frames(raw(1, "n")),
        [name(2)]: frames(raw(2, "e")),
        [name(3)]: frames(raw(3, "w")),
      });
    });
  };
  const stale = { code: "ERR_DATAWAL_READER_STALE", path: STORE };

  test.each([1, 2, 3])("at segment %i", (segment) => {
    expect(thrownBy(() => openReader(swapping(segment)))).toMatchObject(stale);
    expect(thrownBy(() => verifyLogSync(STORE, { fileSystem: swapping(segment) }))).toMatchObject(stale);
    const fileSystem = swapping(segment);
    expect(thrownBy(() => snapshotToSync(STORE, "/copy", { fileSystem }))).toMatchObject(stale);
    expect(fileSystem.list("/").map((entry) => entry.name)).toEqual(["store", "store.old"]);
  });
});

// A writer that makes a store looks for an unfinished swap, makes the directory and looks again: in between an empty
// directory stands where the store was, and a reader that pinned it showed a store without records.
test("a reader shows no empty store where a writer has made a directory in the middle of a swap", () => {
  const disk = diskWithSegments(2);
  let looks = 0;
  const port = overriding(disk, {
    stat: (path) => {
      // Behind the last look of findStoreDirectory, and before the store is pinned.
      if (path === STORE && ++looks === 3) {
        disk.open(`${STORE}/.replaced-by-1-1`, "create").close();
        disk.rename(STORE, `${STORE}.old`);
        disk.makeDirectory(STORE);
      }
      return disk.stat(path);
    },
  });
  const codes = [];
  for (const read of [() => openReader(port), () => verifyLogSync(STORE, { fileSystem: port })]) {
    looks = 0;
    codes.push((thrownBy(read) as { code?: unknown }).code);
    disk.removeDirectory(STORE);
    disk.rename(`${STORE}.old`, STORE);
    removeFile(disk, ".replaced-by-1-1");
  }
  expect(codes).toEqual(["ERR_DATAWAL_SWAP_UNFINISHED", "ERR_DATAWAL_SWAP_UNFINISHED"]);
});
