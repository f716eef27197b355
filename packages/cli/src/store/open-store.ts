import {
  isSyncedDataLost,
  type LogRecord,
  type LogVerification,
  RecordLogReader,
  type RecoveryReport,
  type VerifyOptions,
  verifyLog,
} from "@datawal/record-log";
import type { LongOperationOptions } from "@datawal/safeatomic";
import { DataWalReader } from "datawal";
import { noStore, storeFailure } from "./store-failure.js";

/**
 * What is wrong with a store, whatever state it is in; nothing of it is changed.
 *
 * @throws Failure: there is no store
 */
export async function verifyStore(
  store: string,
  options?: LongOperationOptions | ReplayOptions,
): Promise<LogVerification> {
  const found = await readStore(store, () => verifyLog(store, options));
  requireSegment(store, found.report);
  return found;
}

/** Who is given records is told, too, that those it was given are gone. */
interface ReplayOptions extends VerifyOptions {
  replay: NonNullable<VerifyOptions["replay"]>;
  onReset: () => void;
}

/** Reads all records into what `make` makes: into another one from where those read before are gone. As {@link verifyStore}. */
export async function readInto<Taker extends { take(record: LogRecord): void }>(
  store: string,
  options: LongOperationOptions,
  make: () => Taker,
): Promise<[LogVerification, Taker]> {
  let taker = make();
  const replay = (record: LogRecord) => taker.take(record);
  const onReset = () => {
    taker = make();
  };
  const found = await verifyStore(store, { ...options, replay, onReset });
  return [found, taker];
}

/** Opens a store to read its keys, without a lock. @throws Failure: there is no store, or it is damaged */
export async function openReader(store: string, options?: LongOperationOptions): Promise<DataWalReader> {
  const reader = await readStore(store, () => DataWalReader.open(store, options));
  requireSegment(store, reader.recoveryReport());
  return reader;
}

/** As {@link openReader}, for its records. */
export async function openLogReader(store: string, options?: LongOperationOptions): Promise<RecordLogReader> {
  const reader = await readStore(store, () => RecordLogReader.open(store, options));
  requireSegment(store, reader.recoveryReport());
  return reader;
}

/** Reads a store, and tells what goes wrong as a Failure. */
export async function readStore<T>(store: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw storeFailure(error, store);
  }
}

/**
 * To a reader a directory without segments is an empty log; to a person it is most often a wrong path, where nothing
 * says that segments are missing.
 */
function requireSegment(store: string, report: RecoveryReport): void {
  if (report.filesScanned === 0 && !isSyncedDataLost(report)) throw noStore(store, "a directory without one");
}
