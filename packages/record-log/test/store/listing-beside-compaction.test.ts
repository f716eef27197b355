import { crc32c } from "@datawal/format";
import type { DirectoryEntry, FileSystem } from "@datawal/safeatomic";
import { runSync } from "@datawal/safeatomic/internal";
import { expect, test } from "vitest";
import { PinnedStore } from "../../src/store/pinned-store.js";
import {
  RemovedSegments,
  readRemovedSegments,
  writeRemovedSegments,
} from "../../src/store/removed-segments.js";
import { Store } from "../../src/store/store.js";
import { frames, raw } from "../kit/frames.js";
import { overriding } from "../kit/open-file-wrapper.js";
import { openReader, payloadsOf } from "../kit/open-log.js";
import { diskWith, removeFile, STORE, writeFiles } from "../kit/store-files.js";

const name = (segment: number) => `${String(segment).padStart(8, "0")}.dwal`;
const entries = (...segments: number[]): DirectoryEntry[] =>
  segments.map((segment) => ({ name: name(segment), kind: "file" }));
const diskOf = (...ids: number[]) =>
  diskWith(Object.fromEntries(ids.map((id) => [name(id), frames(raw(id, `${id}`))])));
const segmentsListed = (fileSystem: FileSystem) =>
  new PinnedStore(new Store({ fileSystem, crc: crc32c }, STORE)).list().segments;

/** What a compaction does: a record of a segment goes to the end, the segment is named and removed. */
function compact(fileSystem: FileSystem, segment: number, to: number): void {
  writeFiles(fileSystem, { [name(to)]: frames(raw(to, `${segment}`)) });
  nameRemoved(fileSystem, segment);
  removeFile(fileSystem, name(segment));
}

function nameRemoved(fileSystem: FileSystem, segment: number): void {
  const store = new Store({ fileSystem, crc: crc32c }, STORE);
  runSync(writeRemovedSegments(store, readRemovedSegments(store).with(segment)));
}

// A listing of many names takes several calls. One that had passed the place of the new segment, and not yet that of the
// one that was removed, showed neither: the record that had been moved was in no segment that a reader read.
test("a listing that shows neither what was removed nor where it was moved to does not count", () => {
  const disk = diskOf(1, 2, 3);
  const shown = [entries(1, 3), entries(1, 3)];
  const fileSystem = overriding(disk, {
    list: (directory) => {
      if (shown.length === 2) compact(disk, 2, 4);
      return shown.shift() ?? disk.list(directory);
    },
  });
  expect(segmentsListed(fileSystem)).toEqual([1, 3, 4]);
});

// Taken for a head that was dropped, it took with it all that stood before it.
test("a segment that a compaction removes in front of a hole is no head", () => {
  const disk = diskOf(1, 3, 5);
  nameRemoved(disk, 4);
  nameRemoved(disk, 2);
  nameRemoved(disk, 3);
  const shown = [entries(1, 3, 5), entries(1, 3, 5)];
  removeFile(disk, name(3));
  const fileSystem = overriding(disk, { list: (directory) => shown.shift() ?? disk.list(directory) });
  expect(segmentsListed(fileSystem)).toEqual([1, 3, 5]);
  expect(payloadsOf(openReader(disk).scan())).toEqual(["1", "5"]);
});

test("a segment that goes behind the listing and before it is read is no error, but another look", () => {
  const disk = diskOf(1, 2, 3);
  let isDone = false;
  const fileSystem = overriding(disk, {
    open: (path, mode, permissions) => {
      if (!isDone && path === `${STORE}/${name(2)}`) {
        isDone = true;
        compact(disk, 2, 4);
      }
      return disk.open(path, mode, permissions);
    },
  });
  expect(payloadsOf(openReader(fileSystem).scan())).toEqual(["1", "3", "2"]);
});

test("a writer that compacts without end keeps a reader no longer than a hundred looks", () => {
  const disk = diskOf(1, 2);
  let removed = new RemovedSegments();
  const fileSystem = overriding(disk, {
    list: (directory) => {
      removed = removed.with((removed.ranges.at(-1)?.[1] ?? 8) + 2);
      runSync(writeRemovedSegments(new Store({ fileSystem: disk, crc: crc32c }, STORE), removed));
      return disk.list(directory);
    },
  });
  expect(() => segmentsListed(fileSystem)).toThrow(
    expect.objectContaining({ code: "ERR_DATAWAL_READER_STALE" }),
  );
});
