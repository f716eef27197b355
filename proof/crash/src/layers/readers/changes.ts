import { encodeRecord, HEADER_LEN, RecordType } from "@datawal/format";
import { RecordLog } from "@datawal/record-log";
import type { FileSystem } from "@datawal/safeatomic";
import { appendFully, useFile } from "@datawal/safeatomic/internal";
import { createSimulatedDisk, type SimulatedDisk } from "@datawal/safeatomic/testing";
import { type BatchOperation, DataWal, replaceStoreSync } from "datawal";
import { groupRecords } from "../../laboratory/group-records.js";
import { preparedOnce } from "../failing-calls/disk-tree.js";

export const STORE = "/store";
const COMPACTED = "/compacted";

/** A disk that something other than a program of ours may change, too: rot, or an outside hand. */
export interface ChangingDisk extends FileSystem {
  outside(what: string, make: (disk: FileSystem) => void): void;
}

/** An operation that changes a store while others read it. */
export interface Change {
  name: string;
  /** The disk as the change finds it: a new one with every call. */
  prepare(): SimulatedDisk;
  make(disk: ChangingDisk): void;
  /** What it does to the files that a reader may have open, which decides what a reader may answer with. */
  effect: "grows" | "drops" | "compacts" | "repairs" | "rots" | "replaces";
  /** The directory that readers are given; the store when absent. */
  directory?: string;
  /** Where it has more names than one system call lists: the readings that are made beside it, at their listings. */
  listedBy?: readonly string[];
}

const SEGMENT_BYTES = 80;

/** Several segments: overwritten keys, a deleted one, and in the last segment room for more. */
function fill(disk: FileSystem, directory = STORE): void {
  const db = open(disk, directory, SEGMENT_BYTES);
  for (const [key, value] of ["a1", "b1", "gone1", "a2", "c1"].map(pair)) db.put(key, value);
  db.delete("gone");
  for (const [key, value] of ["b2", "d1"].map(pair)) db.put(key, value);
  db.closeSync();
}

function pair(text: string): [key: string, value: string] {
  return [text.slice(0, -1), `value ${text.at(-1)}`];
}

function open(
  fileSystem: FileSystem,
  directory = STORE,
  segmentBytesMax = Number.POSITIVE_INFINITY,
): DataWal {
  return DataWal.openSync(directory, { fileSystem, segmentBytesMax });
}

function prepared(make: (disk: SimulatedDisk) => void): () => SimulatedDisk {
  return preparedOnce(() => {
    const disk = createSimulatedDisk();
    make(disk);
    return disk;
  });
}

const filled = prepared((disk) => fill(disk));

/** The same behind a segment without waste: what is compacted leaves a hole. */
const filledBehindLive = prepared((disk) => {
  put(disk, "y1", "z1");
  fill(disk);
});

const withCopy = prepared((disk) => {
  fill(disk);
  compact(disk);
});

function compact(disk: FileSystem): void {
  const db = open(disk);
  db.compactToSync(COMPACTED);
  db.closeSync();
}

function swap(fileSystem: FileSystem): void {
  replaceStoreSync(STORE, COMPACTED, { fileSystem });
}

function put(disk: FileSystem, ...texts: string[]): void {
  const db = open(disk, STORE, SEGMENT_BYTES);
  for (const [key, value] of texts.map(pair)) db.put(key, value);
  db.closeSync();
}

/** A record was half written when its writer died: less of it than any whole record has. */
const torn = prepared((disk) => {
  fill(disk);
  const path = lastSegment(disk);
  const file = disk.open(path, "append");
  const half = new Uint8Array(HEADER_LEN);
  file.readAt(half, 0, half.length, 0);
  file.append(half, 0, half.length);
  file.fsyncSync();
  file.close();
});

/** A writer was killed before it had synced: what it wrote is cut, and written again from a journal. */
const unsynced = prepared((disk) => {
  fill(disk);
  const db = open(disk);
  for (const [key, value] of ["a3", "e1", "b9"].map(pair)) db.put(key, value);
  disk.killProcess();
});

/** A group was half written when its writer died: its head, and the first of two records. */
const cutInGroup = prepared((disk) => {
  fill(disk);
  const log = RecordLog.openSync(STORE, { fileSystem: disk });
  const txid = log.lastTxid + 1n;
  log.closeSync();
  const puts = ["a9", "b9"].map((text) => {
    const [key, value] = pair(text).map((each) => Buffer.from(each));
    return { type: RecordType.Put, key: key!, payload: value! };
  });
  const part = groupRecords(txid, puts).slice(0, 2);
  useFile(disk, lastSegment(disk), "append", (file) => {
    for (const record of part)
      appendFully(file, encodeRecord({ ...record, type: record.type as RecordType }));
    file.fsyncSync();
  });
});

function putOf(text: string): BatchOperation<string, string> {
  const [key, value] = pair(text);
  return { type: "put", key, value };
}

function lastSegment(disk: FileSystem): string {
  const names = disk.list(STORE).map(({ name }) => name);
  return `${STORE}/${names
    .filter((name) => name.endsWith(".dwal"))
    .sort()
    .at(-1)}`;
}

/** One bit of the active segment's first record. */
function rot(disk: FileSystem): void {
  const file = disk.open(lastSegment(disk), "append");
  const bytes = new Uint8Array(file.stat().size);
  file.readAt(bytes, 0, bytes.length, 0);
  bytes[30]! ^= 1;
  file.truncate(0);
  file.append(bytes, 0, bytes.length);
  file.close();
}

const unrotated = prepared((disk) => {
  fill(disk);
  const db = open(disk);
  for (const [key, value] of ["e1", "f1", "g1"].map(pair)) db.put(key, value);
  db.closeSync();
});

/** Compacts in place; what the users do between its pieces is written as {@link pair} has it, `-c` for a deletion. */
function compactInPlace(disk: FileSystem, ...beside: string[]): void {
  const db = open(disk, STORE, SEGMENT_BYTES);
  const onProgress = () => {
    const text = beside.shift();
    if (text?.startsWith("-")) db.delete(text.slice(1));
    else if (text) db.put(...pair(text));
  };
  db.compactSync({ onProgress });
  db.closeSync();
}

/** More names than the kernel gives in one call. */
const LARGE_SEGMENTS = 900;
const large = prepared((disk) => {
  const log = RecordLog.openSync(STORE, { fileSystem: disk, segmentBytesMax: 1 });
  for (let count = 0; count < LARGE_SEGMENTS; count++) log.append("x");
  log.closeSync();
});

/** Two keys to a segment, and one of the first and one of the last segment overwritten. */
const largeOfPairs = prepared((disk) => {
  const db = open(disk, STORE, SEGMENT_BYTES);
  for (let count = 0; count < 2 * LARGE_SEGMENTS; count++) db.put(`${count}`.padStart(4, "0"), "x");
  for (const key of ["0000", `${2 * LARGE_SEGMENTS - 5}`]) db.put(key, "y");
  db.closeSync();
});

export const CHANGES: readonly Change[] = [
  {
    name: "append",
    effect: "grows",
    prepare: filled,
    make(disk) {
      const db = open(disk);
      for (const [key, value] of ["a3", "e1", "b3"].map(pair)) db.put(key, value);
      db.delete("c");
      db.closeSync();
    },
  },
  {
    name: "putMany",
    effect: "grows",
    prepare: filled,
    make(disk) {
      const db = open(disk, STORE, SEGMENT_BYTES);
      db.putMany(["a3", "e1", "b3", "a4", "f1", "e2"].map(pair));
      db.closeSync();
    },
  },
  {
    name: "batch",
    effect: "grows",
    prepare: filled,
    make(disk) {
      const db = open(disk, STORE, 3 * SEGMENT_BYTES);
      db.batch([...["a3", "e1", "b3"].map(putOf), { type: "delete", key: "c" }]);
      db.batch(["a4", "b4"].map(putOf));
      db.closeSync();
    },
  },
  {
    name: "fsync",
    effect: "grows",
    prepare: filled,
    make(disk) {
      const log = RecordLog.openSync(STORE, { fileSystem: disk });
      for (const text of ["one", "two"]) {
        log.append(text);
        log.fsyncSync();
      }
      log.closeSync();
    },
  },
  {
    name: "rotate",
    effect: "grows",
    prepare: filled,
    make(disk) {
      const db = open(disk);
      for (const text of ["a3", "e1", "a4"]) {
        db.rotateSync();
        db.put(...pair(text));
      }
      db.closeSync();
    },
  },
  {
    name: "drop",
    effect: "drops",
    prepare: filled,
    make(disk) {
      const log = RecordLog.openSync(STORE, { fileSystem: disk });
      log.dropSegmentsBeforeSync(log.activeSegment);
      log.append("behind it");
      log.closeSync();
    },
  },
  {
    name: "compact in place",
    effect: "compacts",
    prepare: filledBehindLive,
    make: (disk) => compactInPlace(disk, "a3", "-c", "e1", "b3", "gone2", "-b", "a4", "-gone", "c2"),
  },
  {
    name: "compact in place, twice",
    effect: "compacts",
    prepare: filledBehindLive,
    make(disk) {
      compactInPlace(disk);
      put(disk, "a3", "b3");
      compactInPlace(disk, "d2", "-d");
    },
  },
  {
    name: "repair",
    effect: "repairs",
    prepare: torn,
    make: (disk) => put(disk, "a3", "e1", "a4"),
  },
  {
    name: "repair of a cut group",
    effect: "repairs",
    prepare: cutInGroup,
    make(disk) {
      const db = open(disk);
      db.batch(["a3", "e1"].map(putOf));
      db.put(...pair("b3"));
      db.closeSync();
    },
  },
  {
    name: "repair of what was not synced",
    effect: "repairs",
    prepare: unsynced,
    make: (disk) => put(disk, "b3", "f1"),
  },
  {
    name: "repair of rot",
    effect: "rots",
    prepare: unrotated,
    make(disk) {
      disk.outside("a bit rots", rot);
      const db = open(disk);
      for (const [key, value] of ["h1", "i1", "j1", "k1", "l1"].map(pair)) db.put(key, value);
      db.closeSync();
    },
  },
  { name: "swap", effect: "replaces", prepare: withCopy, make: swap },
  {
    name: "swap and put",
    effect: "replaces",
    prepare: withCopy,
    make(disk) {
      swap(disk);
      put(disk, "a3", "gone2", "b3", "e1");
    },
  },
  {
    name: "compact, swap and put, twice",
    effect: "replaces",
    prepare: filled,
    make(disk) {
      for (const text of ["a3", "a4"]) {
        compact(disk);
        swap(disk);
        put(disk, text, "gone2");
      }
    },
  },
  {
    name: "compactTo",
    effect: "grows",
    directory: COMPACTED,
    prepare: filled,
    make: compact,
  },
  {
    name: "rotate among 900 segments",
    effect: "grows",
    listedBy: ["open", "refresh", "verifyLog"],
    prepare: large,
    make(disk) {
      const log = RecordLog.openSync(STORE, { fileSystem: disk, segmentBytesMax: 1 });
      for (const text of ["1", "2", "3"]) log.append(text);
      log.closeSync();
    },
  },
  {
    name: "compact in place among 900 segments",
    effect: "compacts",
    listedBy: ["open of pairs", "refresh of pairs", "verifyLog"],
    prepare: largeOfPairs,
    make: (disk) => compactInPlace(disk),
  },
];
