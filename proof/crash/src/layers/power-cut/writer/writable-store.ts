import { RecordType } from "@datawal/format";
import type { OracleRecord } from "@datawal/oracle";
import { RecordLog } from "@datawal/record-log";
import { DataWal } from "datawal";
import type { WriterOrder } from "./order.js";
import { PORTS } from "./ports.js";

/** What a writer needs of a log or of a store of pairs. */
export interface WritableStore {
  /** Records found when it was opened. */
  readonly recordCount: number;
  append(record: OracleRecord): void;
  appendMany(records: readonly OracleRecord[]): void;
  fsync(): Promise<void>;
  fsyncSync(): void;
  rotate(): Promise<void>;
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
  return pairStore(await DataWal.open(store, options));
}

function logStore(log: RecordLog): WritableStore {
  return {
    recordCount: Number(log.lastTxid),
    append: ({ payload }) => void log.append(payload),
    appendMany: (records) => void log.appendMany(records.map(({ payload }) => payload)),
    fsync: () => log.fsync(),
    fsyncSync: () => log.fsyncSync(),
    rotate: () => log.rotate(),
    compactTo: notPublished,
    exportJsonl: notPublished,
  };
}

function pairStore(db: DataWal): WritableStore {
  return {
    recordCount: db.recoveryReport().recordsReplayed,
    append: (record) => {
      const { type, key, payload } = record;
      if (type === RecordType.Put) db.put(key, payload);
      else db.delete(key);
    },
    appendMany: (records) =>
      db.batch(
        records.map(({ type, key, payload }) =>
          type === RecordType.Put ? { type: "put", key, value: payload } : { type: "delete", key },
        ),
      ),
    fsync: () => db.fsync(),
    fsyncSync: () => db.fsyncSync(),
    rotate: () => db.rotate(),
    compactTo: (target) => db.compactTo(target),
    exportJsonl: (path) => db.exportJsonl(path),
  };
}

function notPublished(): never {
  throw new Error("a log of raw records has no pairs to publish");
}
