import { RecordType } from "@datawal/format";
import type { OracleRecord } from "@datawal/oracle";
import { RecordLog } from "@datawal/record-log";
import { type BatchOperation, DataWal } from "datawal";
import type { WriterOrder } from "./order.js";
import { digestOf } from "./pairs-digest.js";
import { PORTS } from "./ports.js";

/** What a writer needs of a log or of a store of pairs. */
export interface WritableStore {
  /** Records found when it was opened; none where it is compacted, and records tell nothing of what was written. */
  readonly recordCount: number;
  /** Of the pairs found then, where it is compacted. */
  readonly pairs?: string;
  append(record: OracleRecord): void;
  /** As one group, where it is compacted. */
  appendMany(records: readonly OracleRecord[]): void;
  fsync(): Promise<void>;
  fsyncSync(): void;
  rotate(): Promise<void>;
  compact(options: { minWasteRatio: number; onProgress: () => void }): Promise<unknown>;
  compactTo(target: string): Promise<unknown>;
  exportJsonl(path: string): Promise<unknown>;
}

export async function openWritable({
  store,
  stream,
  segmentBytesMax,
  port,
}: WriterOrder): Promise<WritableStore> {
  const options = { segmentBytesMax, fileSystem: PORTS[port] };
  if (stream.contents === "raw") return logStore(await RecordLog.open(store, options));
  const db = await DataWal.open(store, options);
  if (stream.contents === "pairs") return pairStore(db);
  const compacted = { ...pairStore(db), recordCount: 0, pairs: digestOf(db) };
  if (port === "torn-groups") return compacted;
  return { ...compacted, appendMany: (records) => db.batch(records.map(operationOf)) };
}

function logStore(log: RecordLog): WritableStore {
  return {
    recordCount: Number(log.lastTxid),
    append: ({ payload }) => void log.append(payload),
    appendMany: (records) => void log.appendMany(records.map(({ payload }) => payload)),
    fsync: () => log.fsync(),
    fsyncSync: () => log.fsyncSync(),
    rotate: () => log.rotate(),
    compact: withoutPairs,
    compactTo: withoutPairs,
    exportJsonl: withoutPairs,
  };
}

function operationOf({ type, key, payload }: OracleRecord): BatchOperation<Uint8Array, Uint8Array> {
  return type === RecordType.Put ? { type: "put", key, value: payload } : { type: "delete", key };
}

function pairStore(db: DataWal): WritableStore {
  const append = ({ type, key, payload }: OracleRecord) => {
    if (type === RecordType.Put) db.put(key, payload);
    else db.delete(key);
  };
  return {
    recordCount: db.recoveryReport().recordsReplayed,
    append,
    appendMany: (records) => {
      for (const record of records) append(record);
    },
    fsync: () => db.fsync(),
    fsyncSync: () => db.fsyncSync(),
    rotate: () => db.rotate(),
    compact: (compactOptions) => db.compact(compactOptions),
    compactTo: (target) => db.compactTo(target),
    exportJsonl: (path) => db.exportJsonl(path),
  };
}

function withoutPairs(): never {
  throw new Error("a log of raw records has no pairs");
}
