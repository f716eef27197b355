import { join } from "node:path";
import { encodeRecord, FrameCursor, RecordType } from "@datawal/format";
import type { FileSystem } from "@datawal/safeatomic";
import { createSimulatedDisk, type SimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { expect, test } from "vitest";
import { DataWal, DataWalReader, segmentName, snapshotToSync, verifyLogSync } from "../src/index.js";

const STORE = "/store";
const SEGMENT = join(STORE, segmentName(1));
/** More than a refresh of so small a store makes. */
const CALLS = 30;

/** What repairs and the next writer do to a segment: its end is cut, and two records of the same length come there. */
function replaceEnd(disk: SimulatedDisk, offset: number): void {
  const file = disk.open(SEGMENT, "append");
  file.truncate(offset);
  for (const [key, txid] of [["c", 2n] as const, ["d", 3n] as const]) {
    const frame = encodeRecord({
      type: RecordType.Put,
      txid,
      key: Buffer.from(key),
      payload: Buffer.from("3"),
    });
    file.append(frame, 0, frame.length);
  }
  file.close();
}

/** Runs `make` before the `at`-th call behind `arm`. */
function interrupted(disk: SimulatedDisk, at: number, make: () => void) {
  let left = Number.POSITIVE_INFINITY;
  const fileSystem: FileSystem = withFaults(disk, () => {
    if (left-- === 0) make();
  });
  const arm = () => {
    left = at;
  };
  return { fileSystem, arm };
}

type Looking = [name: string, keys: (fileSystem: FileSystem) => Iterable<Uint8Array>];

const openedKeys = (fileSystem: FileSystem) => {
  using reader = DataWalReader.openSync(STORE, { fileSystem });
  return [...reader.keys()];
};

// Its first pieces were of the old log and the others of the new one, where a frame of both ended between them.
test.each<Looking>([
  ["an open", openedKeys],
  [
    "a snapshot",
    (fileSystem) => {
      snapshotToSync(STORE, "/copy", { fileSystem });
      using reader = DataWalReader.openSync("/copy", { fileSystem });
      return [...reader.keys()];
    },
  ],
  [
    "verifyLog",
    (fileSystem) => {
      const keys: Uint8Array[] = [];
      verifyLogSync(STORE, { fileSystem, replay: ({ key }) => keys.push(key.slice()) });
      return keys;
    },
  ],
])("%s of more than one piece shows no record that was cut while it ran, whenever that is", (_, keysOf) => {
  const shown = new Set<string>();
  // The second one begins at the 128th.
  const [kept, count] = [50, 200];
  const value = Buffer.alloc(1024 - 30);
  for (let at = 0; at < CALLS; at++) {
    const disk = createSimulatedDisk();
    const wal = DataWal.openSync(STORE, { fileSystem: disk });
    const putFrom = (first: number, letter: string) => {
      for (let index = first; index < count; index++)
        wal.put(Buffer.from([index, letter.charCodeAt(0)]), value);
    };
    putFrom(0, "o");
    const frames = Buffer.alloc(disk.stat(SEGMENT)!.size);
    const offset = (frames.length / count) * kept;
    putFrom(kept, "n");
    wal.closeSync();
    const file = disk.open(SEGMENT, "append");
    const behind = Buffer.alloc(frames.length - offset);
    file.readAt(behind, 0, behind.length, frames.length);
    file.truncate(frames.length);
    const { fileSystem, arm } = interrupted(disk, at, () => {
      file.truncate(offset);
      // Their txids go on from the cut.
      for (let from = 0; from < behind.length; from += frames.length / count) {
        const cursor = new FrameCursor();
        cursor.read(behind, from);
        const txid = BigInt(kept + 1 + (from * count) / frames.length);
        const frame = encodeRecord({ type: cursor.type, txid, key: cursor.key, payload: cursor.payload });
        file.append(frame, 0, frame.length);
      }
    });
    arm();
    try {
      shown.add(Array.from(keysOf(fileSystem), (key) => String.fromCharCode(key[1]!)).join(""));
    } catch (error) {
      expect(error).toMatchObject({ code: "ERR_DATAWAL_READER_STALE" });
    }
    file.close();
  }
  const old = "o".repeat(count);
  expect([...shown].sort()).toEqual([old.slice(0, kept) + "n".repeat(count - kept), old]);
});

// The model of readers beside writers found it: a refresh proved that the last record it knew still stood, and read on
// behind it. Was that record cut in between, and others of its length appended, it kept the one that was gone, missed the
// one in its place, and never noticed.
test("a refresh shows no record that was cut while it ran, whenever that is", () => {
  const shown = new Set<string>();
  for (let at = 0; at < CALLS; at++) {
    const disk = createSimulatedDisk();
    const wal = DataWal.openSync(STORE, { fileSystem: disk });
    wal.put(Buffer.from("a"), Buffer.from("1"));
    const offset = disk.stat(SEGMENT)!.size;
    wal.put(Buffer.from("b"), Buffer.from("2"));
    wal.closeSync();
    const { fileSystem, arm } = interrupted(disk, at, () => replaceEnd(disk, offset));
    const reader = DataWalReader.openSync(STORE, { fileSystem });
    arm();
    reader.refreshSync();
    shown.add([...reader.keys()].map((key) => Buffer.from(key).toString()).join(""));
    reader.closeSync();
  }
  expect([...shown].sort()).toEqual(["ab", "acd"]);
});
