import { crc32c, encodeRecord, HEADER_LEN, RecordType } from "@datawal/format";
import { RecordLog } from "@datawal/record-log";
import { inodeOf } from "@datawal/record-log/internal";
import type { FileSystem } from "@datawal/safeatomic";
import {
  createSimulatedDisk,
  type SimulatedDisk,
  StoppedError,
  withFaults,
} from "@datawal/safeatomic/testing";
import { DataWal } from "datawal";
import { preparedOnce, treeOf, writeFile } from "./disk-tree.js";
import { judgeLog, STORE } from "./judge-log.js";
import { Ledger } from "./ledger.js";
import type { Session, Workload } from "./workload.js";

type Open = (port: FileSystem, signal: AbortSignal) => Opened | Promise<Opened>;
type Opened = RecordLog | DataWal;

const OPENS = {
  open: (fileSystem, signal) => RecordLog.open(STORE, { fileSystem, signal, ...OPTIONS }),
  openSync: (fileSystem, signal) => RecordLog.openSync(STORE, { fileSystem, signal, ...OPTIONS }),
  "DataWal.openSync": (fileSystem, signal) => DataWal.openSync(STORE, { fileSystem, signal, ...OPTIONS }),
} satisfies Readonly<Record<string, Open>>;

const ALL_FORMS = Object.keys(OPENS) as (keyof typeof OPENS)[];

/** A disk as a crash has left it, or a user. */
interface Scene {
  name: string;
  /** With the process that wrote it gone. */
  prepare: () => SimulatedDisk;
  /** How many of {@link RECORDS} it has. */
  recordCount: number;
  /** How many of these are known to be durable; all where absent. */
  durableCount?: number;
  /** The forms of open that find it so; `openSync` where absent. */
  forms?: readonly (keyof typeof OPENS)[];
  /** A directory that no open may change. */
  source?: string;
}

const SEGMENT = `${STORE}/00000002.dwal`;
const OPTIONS = { segmentBytesMax: Number.POSITIVE_INFINITY };

const record = (type: RecordType, txid: number, key: string, payload: string) => ({
  type,
  txid: BigInt(txid),
  key: new TextEncoder().encode(key),
  payload: new TextEncoder().encode(payload),
});
const RECORDS = [
  record(RecordType.Raw, 1, "", "one"),
  record(RecordType.Put, 2, "key", "two"),
  record(RecordType.Put, 3, "key", "x".repeat(600)),
  record(RecordType.Raw, 4, "", "four"),
  record(RecordType.Raw, 5, "", "five"),
  record(RecordType.Put, 6, "key", "six"),
];

/** What is appended to a store that was opened: it lies behind what the open found, and nothing else. */
const NEXT = { type: RecordType.Put, key: "key", payload: "appended after the open" };

/** Two segments of two records each, closed. */
const closedStore = preparedOnce(() => {
  const disk = createSimulatedDisk();
  const log = RecordLog.openSync(STORE, { fileSystem: disk, ...OPTIONS });
  log.appendMany(RECORDS.slice(0, 2));
  log.rotateSync();
  log.appendMany(RECORDS.slice(2, 4));
  log.closeSync();
  return disk;
});

/** The same with two more records that were not synced when their writer was killed: its note knows nothing of them. */
function withUnsyncedTail(): SimulatedDisk {
  const disk = closedStore();
  RecordLog.openSync(STORE, { fileSystem: disk, ...OPTIONS }).appendMany(RECORDS.slice(4));
  disk.killProcess();
  return disk;
}

/** The same when the kernel has tried to write these two, failed, and goes on showing them. */
function withFailedWriteBack(): SimulatedDisk {
  const disk = withUnsyncedTail();
  disk.failWriteBack(SEGMENT);
  return disk;
}

/** The same with a note that claims those bytes, too, but is none that was written for them. */
function withFalseNote(alter: (note: { claim: string; inode: string }) => string): SimulatedDisk {
  const disk = withFailedWriteBack();
  const { size, identity } = disk.stat(SEGMENT)!;
  const inode = inodeOf(identity);
  const text = alter({ claim: `synced 1 2 ${size}`, inode });
  const owner = new TextDecoder().decode(treeOf(disk)[`${STORE}/.lock`]).split("\n")[0]!;
  disk.removeFile(`${STORE}/.lock`);
  writeFile(disk, `${STORE}/.lock`, `${owner}\n${text.padEnd(80)}\n`);
  return disk;
}

/** The same when somebody has made a backup of it, in which each name leads to the same file. */
function withHardLinks(disk: SimulatedDisk): SimulatedDisk {
  disk.makeDirectory("/backup");
  for (const { name } of disk.list(STORE)) disk.link(`${STORE}/${name}`, `/backup/${name}`);
  disk.fsyncDirectorySync("/backup");
  disk.fsyncDirectorySync("/");
  return disk;
}

const checksum = (text: string) => crc32c(new TextEncoder().encode(text)).toString(16).padStart(8, "0");

/** What no append writes, or only half of it: added to the last segment. */
function withTail(disk: SimulatedDisk, tail: Uint8Array): SimulatedDisk {
  const file = disk.open(SEGMENT, "append");
  file.append(tail, 0, tail.length);
  file.close();
  return disk;
}

const frame = (txid: number) =>
  encodeRecord({ type: RecordType.Raw, txid: BigInt(txid), payload: new TextEncoder().encode("behind it") });

/** A frame with a wrong CRC, and a valid one behind it. */
const damagedThenValid = (txid: number) =>
  Uint8Array.from([...frame(txid).fill(7, HEADER_LEN), ...frame(txid + 1)]);

/** A repair that died: at the call after the one that passes. */
function killedAfter(
  disk: SimulatedDisk,
  isLast: (operation: string, path: string) => boolean,
): SimulatedDisk {
  let isOver = false;
  const dying = withFaults(disk, ({ operation, path }) => {
    if (isOver) return "stop";
    isOver = isLast(operation, path);
    return undefined;
  });
  try {
    RecordLog.openSync(STORE, { fileSystem: dying, ...OPTIONS });
  } catch (error) {
    if (!(error instanceof StoppedError)) throw error;
  }
  if (!isOver) throw new Error("the repair did not come to the call it was to die at");
  disk.killProcess();
  return disk;
}

const doubtful = () => withTail(withUnsyncedTail(), damagedThenValid(7));

const scenes: Scene[] = [
  { name: "nothing", prepare: () => createSimulatedDisk(), recordCount: 0, forms: ALL_FORMS },
  { name: "an-empty-directory", prepare: preparedOnce(emptyDirectory), recordCount: 0 },
  { name: "a-clean-store", prepare: preparedOnce(closedStore), recordCount: 4 },
  { name: "a-torn-tail", prepare: preparedOnce(torn), recordCount: 4, forms: ALL_FORMS },
  {
    name: "a-tail-of-zeros",
    prepare: preparedOnce(() => withTail(closedStore(), new Uint8Array(700))),
    recordCount: 4,
  },
  {
    name: "damage-with-frames-beyond",
    prepare: preparedOnce(() => withTail(closedStore(), damagedThenValid(5))),
    recordCount: 4,
  },
  { name: "an-unsynced-tail", prepare: withUnsyncedTail, recordCount: 6, durableCount: 4 },
  {
    name: "a-tail-whose-write-back-failed",
    prepare: withFailedWriteBack,
    recordCount: 6,
    durableCount: 4,
  },
  {
    name: "a-note-with-a-flipped-size",
    prepare: () =>
      withFalseNote(({ claim, inode }) => `${claim} ${inode} ${checksum(`synced 1 2 700 ${inode}`)}`),
    recordCount: 6,
    durableCount: 4,
  },
  {
    name: "a-note-about-a-file-that-was-replaced",
    prepare: () =>
      withFalseNote(({ claim, inode }) => `${claim} ${inode}9 ${checksum(`${claim} ${inode}9`)}`),
    recordCount: 6,
    durableCount: 4,
  },
  {
    name: "a-note-about-a-file-whose-inode-was-given-to-this-one",
    prepare: () =>
      withFalseNote(({ claim, inode }) => {
        const text = `${claim.replace("synced 1", "synced 2")} ${inode}:999`;
        return `${text} ${checksum(text)}`;
      }),
    recordCount: 6,
    durableCount: 4,
  },
  {
    name: "a-store-with-a-backup-by-hard-links",
    prepare: preparedOnce(() => withHardLinks(closedStore())),
    recordCount: 4,
    source: "/backup",
  },
  {
    name: "an-unsynced-tail-before-damage",
    prepare: doubtful,
    recordCount: 6,
    durableCount: 4,
    forms: ALL_FORMS,
  },
  {
    name: "a-repair-killed-with-its-journal-made",
    prepare: () =>
      killedAfter(doubtful(), (operation, path) => operation === "rename" && path.endsWith(".tail.new")),
    recordCount: 6,
    durableCount: 4,
  },
  {
    name: "a-repair-killed-when-it-had-cut",
    prepare: () => killedAfter(doubtful(), (operation) => operation === "file.truncate"),
    recordCount: 6,
    durableCount: 4,
  },
  {
    name: "a-repair-killed-when-it-had-appended",
    prepare: () =>
      killedAfter(doubtful(), (operation, path) => operation === "file.append" && path === SEGMENT),
    recordCount: 6,
    durableCount: 4,
  },
  {
    name: "temporaries-of-a-repair",
    prepare: preparedOnce(() => {
      const disk = torn();
      writeFile(disk, `${STORE}/00000002.tail.new`, "left");
      writeFile(disk, `${STORE}/00000002.cut-1.new`, "left");
      return disk;
    }),
    recordCount: 4,
  },
];

function torn(): SimulatedDisk {
  return withTail(closedStore(), frame(5).subarray(0, -3));
}

function emptyDirectory(): SimulatedDisk {
  const disk = createSimulatedDisk();
  disk.makeDirectory(STORE);
  disk.fsyncDirectorySync("/");
  return disk;
}

export const openWorkloads: Workload[] = scenes.flatMap((scene) =>
  (scene.forms ?? ["openSync"]).map((form) => ({
    name: `${form}-of-${scene.name}`,
    takesSignal: true,
    prepare: scene.prepare,
    start: (port) => startOpen(port, OPENS[form], scene),
  })),
);

function startOpen(
  port: FileSystem,
  open: Open,
  { recordCount, durableCount = recordCount, source }: Scene,
): Session {
  const ledger = new Ledger(RECORDS.slice(0, recordCount));
  ledger.acknowledged = durableCount;
  let handle: Opened | undefined;
  return {
    operate: async (signal) => {
      const opened = await open(port, signal);
      handle = opened;
      // What an open reports is durable.
      ledger.acknowledged = recordCount;
      ledger.append(NEXT, () =>
        opened instanceof DataWal
          ? opened.put(NEXT.key, NEXT.payload)
          : opened.appendRecord(NEXT.type, NEXT.key, NEXT.payload),
      );
      await ledger.sync(() => opened.fsyncSync());
    },
    close: () => handle?.close(),
    source,
    judge: (aftermath) => judgeLog(aftermath, ledger),
  };
}
