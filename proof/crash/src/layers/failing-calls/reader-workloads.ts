import { RecordType } from "@datawal/format";
import { isPrefixWithAcknowledged, isRightAnswer, type OracleRecord } from "@datawal/oracle";
import { RecordLog, RecordLogReader } from "@datawal/record-log";
import type { FileSystem } from "@datawal/safeatomic";
import { createSimulatedDisk, type SimulatedDisk } from "@datawal/safeatomic/testing";
import { DataWalReader } from "datawal";
import { preparedOnce } from "./disk-tree.js";
import { judgeLog, STORE } from "./judge-log.js";
import { Ledger } from "./ledger.js";
import type { Session, Workload } from "./workload.js";

const OTHER = "/other";

type Reader = RecordLogReader | DataWalReader;

/** A reader, and how it is opened and refreshed: asynchronously and on this thread. */
interface Form {
  name: string;
  open(port: FileSystem, signal?: AbortSignal): Reader | Promise<Reader>;
  refresh(reader: Reader): void | Promise<void>;
}

const FORMS: Form[] = [
  {
    name: "RecordLogReader",
    open: (fileSystem, signal) => RecordLogReader.open(STORE, { fileSystem, signal }),
    refresh: (reader) => reader.refresh(),
  },
  {
    name: "RecordLogReader-sync",
    open: (fileSystem, signal) => RecordLogReader.openSync(STORE, { fileSystem, signal }),
    refresh: (reader) => reader.refreshSync(),
  },
  {
    name: "DataWalReader",
    open: (fileSystem, signal) => DataWalReader.open(STORE, { fileSystem, signal }),
    refresh: (reader) => reader.refresh(),
  },
  {
    name: "DataWalReader-sync",
    open: (fileSystem, signal) => DataWalReader.openSync(STORE, { fileSystem, signal }),
    refresh: (reader) => reader.refreshSync(),
  },
];

const filled = preparedOnce(() => {
  const disk = createSimulatedDisk();
  append(disk, ["1", "2", "3"]);
  return disk;
});

/** What a writer does that fails in nothing; a rotation is part of it. */
function append(disk: SimulatedDisk, values: readonly string[], directory = STORE): OracleRecord[] {
  const log = RecordLog.openSync(directory, { fileSystem: disk, segmentBytesMax: 64 });
  log.appendMany(values.map((payload) => ({ type: RecordType.Put, key: "key", payload })));
  const records = [...log.scan()];
  log.closeSync();
  return records;
}

export const readerWorkloads: Workload[] = FORMS.flatMap((form) => [
  {
    name: `${form.name}-open`,
    takesSignal: true,
    prepare: filled,
    start: (port, disk) => startOpen(form, port, append(disk, [])),
  },
  {
    name: `${form.name}-refresh`,
    takesSignal: false,
    prepare: filled,
    start: (port, disk) => startRefresh(form, port, disk),
  },
  {
    name: `${form.name}-refresh-of-replaced-segments`,
    takesSignal: false,
    prepare: filled,
    start: (port, disk) => startRefreshOfReplaced(form, port, disk),
  },
]);

function startOpen(form: Form, port: FileSystem, records: readonly OracleRecord[]): Session {
  let reader: Reader | undefined;
  return {
    operate: async (signal) => {
      reader = await form.open(port, signal);
      readAll(reader, records);
    },
    close: () => reader?.close(),
    source: "/",
    judge: (aftermath) => judgeLog(aftermath, new Ledger(records)),
  };
}

/** A writer has been at work since the reader was opened. */
async function startRefresh(form: Form, port: FileSystem, disk: SimulatedDisk): Promise<Session> {
  const reader = await form.open(port);
  const before = [...reader.scan()];
  const records = append(disk, ["4", "5"]);
  return {
    operate: async () => {
      await form.refresh(reader);
      readAll(reader, records);
    },
    // A refresh that failed leaves what was seen before; one that did not, all.
    inspect: (isFailing) => {
      if (!isFailing) isPrefixWithAcknowledged([...reader.scan()], records, before.length);
    },
    close: () => reader.close(),
    source: "/",
    judge: (aftermath) => judgeLog(aftermath, new Ledger(records)),
  };
}

/** Since the reader was opened other files have taken the place of the segments, of the same names and lengths. */
async function startRefreshOfReplaced(form: Form, port: FileSystem, disk: SimulatedDisk): Promise<Session> {
  const reader = await form.open(port);
  // Which leaves the segments' files open.
  readAll(reader, [...reader.scan()]);
  const records = append(disk, ["7", "8", "9"], OTHER);
  for (const { name } of disk.list(OTHER))
    if (name.endsWith(".dwal")) disk.rename(`${OTHER}/${name}`, `${STORE}/${name}`);
  for (const directory of [OTHER, STORE]) disk.fsyncDirectorySync(directory);
  return {
    operate: async () => {
      await form.refresh(reader);
      readAll(reader, records);
    },
    close: () => reader.close(),
    source: "/",
    judge: (aftermath) => judgeLog(aftermath, new Ledger(records)),
  };
}

/** Reads each record by a scan and by its place, or by its key. A read that fails throws; none gives something else. */
function readAll(reader: Reader, records: readonly OracleRecord[]): void {
  const found = [...reader.scan()];
  isPrefixWithAcknowledged(found, records, records.length);
  if (reader instanceof DataWalReader) isRightAnswer(records, (key) => reader.get(key), { mayThrow: true });
  else
    isPrefixWithAcknowledged(
      found.map((ref) => reader.read(ref)),
      records,
      records.length,
    );
}
