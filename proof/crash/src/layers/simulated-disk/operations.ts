import { join } from "node:path";
import {
  DataWal,
  DataWalReader,
  isRecordLogError,
  RecordLog,
  RecordType,
  replaceStore,
  salvageTo,
  segmentName,
  snapshotTo,
} from "datawal";
import { pairOperation } from "./compaction.js";
import { History } from "./history.js";
import { importJsonlLines } from "./import-lines.js";
import { STORE } from "./store-path.js";
import type { World } from "./world.js";

/** One step of a scenario. */
export type Operation = (world: World) => Promise<void>;

/** The thirteen of which all sequences are run. */
export const OPERATIONS = {
  "append-small": (world) => append(world, RecordType.Raw, "", 60),
  "append-sector": (world) => append(world, RecordType.Raw, "", 512 - 28),
  "append-pages": (world) => append(world, RecordType.Raw, "", 9000),
  put: (world) => append(world, RecordType.Put, "a key", 40),
  delete: (world) => append(world, RecordType.Delete, "a key", 0),
  fsync,
  rotate,
  "compact-to": compactTo,
  "export-jsonl": exportJsonl,
  close,
  reopen,
  "failing-fsync": failingFsync,
  kill,
} as const satisfies Record<string, Operation>;

/** What the named and the drawn scenarios do beyond that. */
export const FURTHER_OPERATIONS = {
  "append-many": appendMany,
  "group-two": (world) => appendGroup(world, [60, 60]),
  "group-sectors": (world) => appendGroup(world, [30, 700, 5, 480]),
  "group-pages": (world) => appendGroup(world, [40, 9000, 3]),
  "group-of-forty": (world) =>
    appendGroup(
      world,
      Array.from({ length: 40 }, (_, index) => 20 + index),
    ),
  "fsync-sync": fsyncSync,
  "overlapping-fsyncs": overlappingFsyncs,
  "append-during-fsync": appendDuringFsync,
  "fsync-sync-behind-failed-fsync": fsyncSyncBehindFailedFsync,
  "close-with-queued-fsync": closeWithQueuedFsync,
  "lost-write-back": lostWriteBack,
  evict,
  "drop-head": dropHead,
  snapshot,
  repair,
  import: importJsonl,
  swap,
} as const satisfies Record<string, Operation>;

export const ALL_OPERATIONS: Readonly<Record<string, Operation>> = { ...OPERATIONS, ...FURTHER_OPERATIONS };

export function operationNamed(name: string): Operation | undefined {
  return ALL_OPERATIONS[name] ?? pairOperation(name);
}

async function append(world: World, type: RecordType, keyText: string, payloadLen: number): Promise<void> {
  await world.opened();
  world.append(type, keyText, payloadLen);
}

async function appendMany(world: World): Promise<void> {
  await world.opened();
  world.appendMany();
}

async function appendGroup(world: World, payloadLens: readonly number[]): Promise<void> {
  await world.opened();
  world.appendGroup(payloadLens.map((len) => [RecordType.Raw, "", len]));
}

async function fsync(world: World): Promise<void> {
  const log = await world.opened();
  if (log.isPoisoned) return;
  await log.fsync();
  world.history.acknowledge();
}

async function fsyncSync(world: World): Promise<void> {
  const log = await world.opened();
  if (log.isPoisoned) return;
  log.fsyncSync();
  world.history.acknowledge();
}

/** Appends go on while a sync runs, and each caller is answered for what it had appended. */
async function overlappingFsyncs(world: World): Promise<void> {
  const callers: Promise<void>[] = [];
  for (let count = 0; count < 3; count++) {
    await append(world, RecordType.Raw, "", 100 + count);
    if (world.log!.isPoisoned) return;
    const appended = world.history.appended.length;
    callers.push(world.log!.fsync().then(() => acknowledgeAt(world, appended)));
  }
  await append(world, RecordType.Raw, "", 33);
  await allDone(callers);
}

/** What is appended while a sync runs is the next sync's, also where nobody waits for one until the first is over. */
async function appendDuringFsync(world: World): Promise<void> {
  const log = await world.opened();
  if (log.isPoisoned) return;
  await append(world, RecordType.Raw, "", 45);
  const appended = world.history.appended.length;
  const first = log.fsync().then(() => acknowledgeAt(world, appended));
  await append(world, RecordType.Raw, "", 46);
  await first;
  await log.fsync();
  world.history.acknowledge();
}

/** A failure that the kernel has told to one sync, whose caller does not know it yet, while another caller syncs. */
async function fsyncSyncBehindFailedFsync(world: World): Promise<void> {
  const log = await world.opened();
  if (log.isPoisoned) return;
  await append(world, RecordType.Raw, "", 47);
  world.disk.failWriteBack(activePath(world));
  const first = log.fsync().catch(() => undefined);
  await new Promise((resolve) => setImmediate(resolve));
  try {
    log.fsyncSync();
    world.history.acknowledge();
  } catch (error) {
    if (!isRecordLogError(error, "ERR_DATAWAL_FSYNC_FAILED")) throw error;
  }
  await first;
}

/** Waits for all of them, then fails as the first that failed. */
async function allDone(promises: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(promises);
  await Promise.all(promises);
}

function acknowledgeAt(world: World, appended: number): void {
  world.history.acknowledge(appended);
  world.moment();
}

async function closeWithQueuedFsync(world: World): Promise<void> {
  const log = await world.opened();
  if (log.isPoisoned) return;
  await append(world, RecordType.Raw, "", 90);
  const first = log.fsync();
  await append(world, RecordType.Raw, "", 91);
  const appended = world.history.appended.length;
  const second = log.fsync().then(() => acknowledgeAt(world, appended));
  const closing = log.close();
  world.log = undefined;
  await allDone([first, second, closing]);
  world.history.acknowledge();
}

async function rotate(world: World): Promise<void> {
  const log = await world.opened();
  if (log.isPoisoned) return;
  await log.rotate();
  world.history.acknowledge();
}

async function close(world: World): Promise<void> {
  const log = world.log;
  if (!log) return;
  const isPoisoned = log.isPoisoned;
  await log.close();
  world.log = undefined;
  if (!isPoisoned) world.history.acknowledge();
}

async function reopen(world: World): Promise<void> {
  await close(world);
  await world.open();
}

async function kill(world: World): Promise<void> {
  world.kill();
}

/** The kernel fails to write back what waits, and this sync is told. */
async function failingFsync(world: World): Promise<void> {
  const log = await world.opened();
  if (log.isPoisoned) return;
  world.disk.failWriteBack(activePath(world));
  await log.fsync().catch(() => undefined);
  // Without anything new there is no sync to be told: only then may the call succeed.
  if (!log.isPoisoned) world.history.acknowledge();
}

/** The kernel fails to write back what waits, and nobody is syncing. */
async function lostWriteBack(world: World): Promise<void> {
  await world.opened();
  world.disk.failWriteBack(activePath(world));
}

async function evict(world: World): Promise<void> {
  await world.opened();
  world.disk.evict(activePath(world));
}

function activePath(world: World): string {
  return join(STORE, segmentName(world.activeSegment));
}

/** Removes every segment but the active one; a log that was cut at its front may begin at any of their ends. */
async function dropHead(world: World): Promise<void> {
  const log = await world.opened();
  if (log.isPoisoned || !(log instanceof RecordLog)) return;
  const starts = new Map<number, number>();
  for (const { segment, txid } of log.scan())
    if (!starts.has(segment)) starts.set(segment, world.history.countThrough(txid) - 1);
  world.history.droppedCounts = [...world.history.droppedCounts, ...starts.values()];
  const dropped = await log.dropSegmentsBefore(log.activeSegment);
  const [first] = [...log.scan()];
  world.history.droppedCounts = [first ? world.history.countThrough(first.txid) - 1 : 0];
  if (dropped.length > 0) world.history.acknowledge();
}

async function compactTo(world: World): Promise<void> {
  await world.opened();
  const target = world.publication("compacted");
  const reader = DataWalReader.openSync(STORE, { fileSystem: world.fileSystem });
  await reader.compactTo(target.path);
  reader.closeSync();
  target.isAcknowledged = true;
}

async function exportJsonl(world: World): Promise<void> {
  await world.opened();
  const target = world.publication("exported");
  const reader = DataWalReader.openSync(STORE, { fileSystem: world.fileSystem });
  await reader.exportJsonl(target.path);
  reader.closeSync();
  target.isAcknowledged = true;
}

async function snapshot(world: World): Promise<void> {
  await world.opened();
  const target = world.publication("snapshot");
  await snapshotTo(STORE, target.path, { fileSystem: world.fileSystem });
  target.isAcknowledged = true;
}

async function repair(world: World): Promise<void> {
  await world.opened();
  const target = world.publication("repaired");
  const { records } = await salvageTo(STORE, target.path, { fileSystem: world.fileSystem });
  // Without a record to save nothing is made.
  target.isAcknowledged = records > 0;
}

async function importJsonl(world: World): Promise<void> {
  await close(world);
  const wal = await DataWal.open(STORE, { fileSystem: world.fileSystem });
  world.history.reopened(world.history.countThrough(wal.recoveryReport().lastTxidSeen));
  await importJsonlLines(world, wal);
  await wal.close();
  world.history.acknowledge();
}

/** Compacts the store and puts the copy in its place. */
async function swap(world: World): Promise<void> {
  await reopen(world);
  const old = world.history;
  const compacted = world.publication("swapped").path;
  world.publications.pop();
  const reader = DataWalReader.openSync(STORE, { fileSystem: world.fileSystem });
  await reader.compactTo(compacted);
  reader.closeSync();
  await close(world);
  const replacement = new History();
  const live = DataWalReader.openSync(compacted, { fileSystem: world.fileSystem });
  for (const { type, txid, key, payload } of live.scan())
    replacement.append({ type, txid, key: key.slice(), payload: payload.slice() });
  live.closeSync();
  replacement.acknowledge();
  world.histories = [old, replacement];
  world.isSwapping = true;
  // No copy of pairs has the Raw records, and only force gives them up.
  const force = old.appended.some(({ type }) => type === RecordType.Raw);
  await replaceStore(STORE, compacted, { fileSystem: world.fileSystem, force });
  world.isSwapping = false;
  world.histories = [replacement];
}
