import { encodeRecord, RecordType } from "@datawal/format";
import type { Files } from "@datawal/oracle";
import { RecordLog, salvageTo, salvageToSync, snapshotTo, snapshotToSync } from "@datawal/record-log";
import type { FileSystem, LongOperationOptions } from "@datawal/safeatomic";
import { createSimulatedDisk, type SimulatedDisk } from "@datawal/safeatomic/testing";
import { DataWal, DataWalReader } from "datawal";
import { BrokenDemand } from "../broken-demand.js";
import { filesWhere, preparedOnce, treeOf, writeFile } from "./disk-tree.js";
import { STORE } from "./judge-log.js";
import { judgePublication, type Publication } from "./judge-publication.js";
import type { Aftermath, Session, Workload } from "./workload.js";

type View = DataWal | DataWalReader;

/** An operation that makes something new of a store, which it only reads. */
interface TargetOperation {
  name: string;
  prepare: () => SimulatedDisk;
  /** What it works on, open; nothing for those that take paths. */
  open?: (port: FileSystem) => View;
  run(port: FileSystem, options: LongOperationOptions, view: View | undefined): unknown;
}

const TARGET = "/new/target";
const EXPORT = "/new/export.jsonl";
const EXISTING = "/d/export.jsonl";

/** Overwritten and deleted keys, Raw records, several segments. */
function filledStore(): SimulatedDisk {
  const disk = createSimulatedDisk();
  const log = RecordLog.openSync(STORE, { fileSystem: disk, segmentBytesMax: 200 });
  const record = (type: RecordType, key: string, payload: string) => ({ type, key, payload });
  log.appendMany([
    record(RecordType.Raw, "", "a Raw record"),
    record(RecordType.Put, "a", "first"),
    record(RecordType.Put, "gone", "deleted later"),
    record(RecordType.Put, "", "the empty key"),
    record(RecordType.Put, "b", "x".repeat(300)),
    record(RecordType.Put, "a", "again"),
    record(RecordType.Delete, "gone", ""),
  ]);
  log.closeSync();
  writeFile(disk, EXISTING, "old");
  return disk;
}

/** The same with damage in a sealed segment, and a torn tail. */
function damagedStore(): SimulatedDisk {
  const disk = filledStore();
  const first = disk.open(`${STORE}/00000001.dwal`, "append");
  first.append(Uint8Array.of(1, 2, 3), 0, 3);
  first.close();
  const last = Object.keys(treeOf(disk, STORE)).sort().at(-1)!;
  const torn = encodeRecord({ type: RecordType.Raw, txid: 8n, payload: new Uint8Array(9) }).subarray(0, -1);
  const file = disk.open(last, "append");
  file.append(torn, 0, torn.length);
  file.close();
  return disk;
}

const filled = preparedOnce(filledStore);
const damaged = preparedOnce(damagedStore);
const writer = (fileSystem: FileSystem) => DataWal.openSync(STORE, { fileSystem });
const reader = (fileSystem: FileSystem) => DataWalReader.openSync(STORE, { fileSystem });

const onView = (
  name: string,
  open: (port: FileSystem) => View,
  run: (view: View, options: LongOperationOptions) => unknown,
): TargetOperation => ({ name, prepare: filled, open, run: (_port, options, view) => run(view!, options) });

const OPERATIONS: TargetOperation[] = [
  onView("compactTo", writer, (db, options) => db.compactTo(TARGET, options)),
  onView("compactToSync", writer, (db, options) => db.compactToSync(TARGET, options)),
  onView("compactTo-from-a-reader", reader, (db, options) => db.compactTo(TARGET, options)),
  onView("exportJsonl", writer, (db, options) => db.exportJsonl(EXPORT, options)),
  onView("exportJsonlSync", writer, (db, options) => db.exportJsonlSync(EXPORT, options)),
  onView("exportJsonl-from-a-reader", reader, (db, options) => db.exportJsonl(EXPORT, options)),
  onView("exportJsonl-over-a-file", writer, (db, options) => db.exportJsonl(EXISTING, options)),
  onView("exportJsonlSync-over-a-file", writer, (db, options) => db.exportJsonlSync(EXISTING, options)),
  onView("exportJsonl-overwriting-nothing", writer, (db, options) =>
    db.exportJsonl(EXPORT, { ...options, overwrite: false }),
  ),
  onPaths("snapshotTo", filled, (options) => snapshotTo(STORE, TARGET, options)),
  onPaths("snapshotToSync", filled, (options) => snapshotToSync(STORE, TARGET, options)),
  onPaths("salvageTo", damaged, (options) => salvageTo(STORE, TARGET, options)),
  onPaths("salvageToSync", damaged, (options) => salvageToSync(STORE, TARGET, options)),
];

function onPaths(
  name: string,
  prepare: () => SimulatedDisk,
  run: (options: LongOperationOptions & { fileSystem: FileSystem }) => unknown,
): TargetOperation {
  return { name, prepare, run: (fileSystem, options) => run({ ...options, fileSystem }) };
}

const isOutside = (path: string) => !path.startsWith(`${STORE}/`);

export const targetWorkloads: Workload[] = OPERATIONS.map((operation) => {
  let publication: Promise<Publication> | undefined;
  return {
    name: operation.name,
    takesSignal: true,
    prepare: operation.prepare,
    start: async (port) => {
      publication ??= publicationOf(operation);
      return startTarget(port, operation, await publication);
    },
  };
});

/** What the operation makes of a disk on which nothing fails. */
async function publicationOf(operation: TargetOperation): Promise<Publication> {
  const disk = operation.prepare();
  const before = outside(disk);
  await complete(operation, disk);
  return { before, after: outside(disk) };
}

function startTarget(port: FileSystem, operation: TargetOperation, publication: Publication): Session {
  const view = operation.open?.(port);
  return {
    operate: (signal) => operation.run(port, { signal }, view),
    close: () => view?.close(),
    source: STORE,
    judge: async (aftermath) => {
      judgePublication(aftermath, publication, isOutside);
      await judgeRetry(aftermath, operation, publication);
    },
  };
}

/** What a failure has left behind is in nobody's way. */
async function judgeRetry(
  { disk, error }: Aftermath,
  operation: TargetOperation,
  { before, after }: Publication,
): Promise<void> {
  const isPublished = Object.keys(outside(disk)).length > Object.keys(before).length;
  if (error === undefined || isPublished) return;
  await complete(operation, disk);
  const missing = Object.keys(after).filter((path) => outside(disk)[path] === undefined);
  if (missing.length > 0) throw new BrokenDemand("a failed operation can be tried again", `no ${missing}`);
}

async function complete(operation: TargetOperation, disk: SimulatedDisk): Promise<void> {
  const view = operation.open?.(disk);
  await operation.run(disk, {}, view);
  await view?.close();
}

function outside(disk: SimulatedDisk): Files {
  return filesWhere(treeOf(disk), isOutside);
}
