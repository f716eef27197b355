import type { RecordType } from "@datawal/format";
import { RecordLog, RecordLogReader, type RecoveryReport } from "@datawal/record-log";
import { type FileSystem, nodeFileSystem } from "@datawal/safeatomic";
import { type BatchOperation, DataWal } from "datawal";
import { attempt, type Outcome } from "./refusal.js";
import type {
  BatchChange,
  Layer,
  OpenStore,
  Place,
  SeenCompaction,
  SeenCompactionInPlace,
  SeenLog,
  SeenPair,
  SeenRecord,
  SeenReport,
  Side,
} from "./side.js";

/** This repository's implementation. Every second call of a kind takes the synchronous form, the others the promise. */
export class Ours implements Side {
  readonly name = "ours";
  readonly #fileSystem: FileSystem;
  #calls = 0;

  constructor(fileSystem: FileSystem = nodeFileSystem) {
    this.#fileSystem = fileSystem;
  }

  async open(dir: string, layer: Layer): Promise<OpenStore> {
    // The reference never rotates by itself.
    const options = { fileSystem: this.#fileSystem, segmentBytesMax: Number.POSITIVE_INFINITY };
    if (layer === "log") {
      return new OurLog(
        this.#isSynchronous() ? RecordLog.openSync(dir, options) : await RecordLog.open(dir, options),
      );
    }
    return new OurKv(
      this.#isSynchronous() ? DataWal.openSync(dir, options) : await DataWal.open(dir, options),
    );
  }

  read(dir: string): Promise<Outcome<SeenLog>> {
    return attempt(async () => {
      const options = { fileSystem: this.#fileSystem };
      const reader = this.#isSynchronous()
        ? RecordLogReader.openSync(dir, options)
        : await RecordLogReader.open(dir, options);
      try {
        return { records: [...reader.scan()], report: seenReport(reader.recoveryReport()) };
      } finally {
        await reader.close();
      }
    });
  }

  #isSynchronous(): boolean {
    return ++this.#calls % 2 === 0;
  }
}

/** What a log and a key/value store have in common. */
abstract class OurStore {
  readonly #store: RecordLog | DataWal;
  #calls = 0;

  constructor(store: RecordLog | DataWal) {
    this.#store = store;
  }

  async fsync(): Promise<void> {
    if (this.isSynchronous()) this.#store.fsyncSync();
    else await this.#store.fsync();
  }

  async records(): Promise<SeenRecord[]> {
    return [...this.#store.scan()];
  }

  async report(): Promise<SeenReport> {
    return seenReport(this.#store.recoveryReport());
  }

  async close(): Promise<void> {
    if (this.isSynchronous()) this.#store.closeSync();
    else await this.#store.close();
  }

  protected isSynchronous(): boolean {
    return ++this.#calls % 2 === 0;
  }

  protected notHere(): never {
    throw new Error("this layer has no such operation");
  }
}

class OurLog extends OurStore implements OpenStore {
  readonly layer: Layer = "log";
  readonly #log: RecordLog;

  constructor(log: RecordLog) {
    super(log);
    this.#log = log;
  }

  async append(payload: Uint8Array): Promise<Place> {
    return placeOf(this.#log.append(payload));
  }

  async appendRecord(type: RecordType, key: Uint8Array, payload: Uint8Array): Promise<Place> {
    return placeOf(this.#log.appendRecord(type, key, payload));
  }

  async rotate(): Promise<void> {
    if (this.isSynchronous()) this.#log.rotateSync();
    else await this.#log.rotate();
  }

  put = this.notHere;
  delete = this.notHere;
  pairs = this.notHere;
  exportJsonl = this.notHere;
  compactTo = this.notHere;
}

class OurKv extends OurStore implements OpenStore {
  readonly layer: Layer = "kv";
  readonly #kv: DataWal;

  constructor(kv: DataWal) {
    super(kv);
    this.#kv = kv;
  }

  async put(key: Uint8Array, value: Uint8Array): Promise<void> {
    this.#kv.put(key, value);
  }

  async delete(key: Uint8Array): Promise<void> {
    this.#kv.delete(key);
  }

  async batch(changes: readonly BatchChange[]): Promise<void> {
    this.#kv.batch(changes.map(operationOf));
  }

  async pairs(): Promise<SeenPair[]> {
    return sortedPairs(this.#kv);
  }

  async exportJsonl(path: string): Promise<void> {
    if (this.isSynchronous()) this.#kv.exportJsonlSync(path);
    else await this.#kv.exportJsonl(path);
  }

  async compactTo(target: string): Promise<SeenCompaction> {
    return this.isSynchronous() ? this.#kv.compactToSync(target) : await this.#kv.compactTo(target);
  }

  async compact(minWasteRatio: number): Promise<SeenCompactionInPlace> {
    const options = { minWasteRatio };
    return this.isSynchronous() ? this.#kv.compactSync(options) : await this.#kv.compact(options);
  }

  append = this.notHere;
  appendRecord = this.notHere;
  rotate = this.notHere;
}

export function operationOf({ key, value }: BatchChange): BatchOperation<Uint8Array, Uint8Array> {
  return value ? { type: "put", key, value } : { type: "delete", key };
}

/** The pairs of a store in the order of their keys' bytes, as the reference's are sorted. */
export function sortedPairs(store: Iterable<[Uint8Array, Uint8Array]>): SeenPair[] {
  return [...store].map(([key, value]) => ({ key, value })).sort((a, b) => Buffer.compare(a.key, b.key));
}

/** The seven fields that the reference has, too. */
export function seenReport(report: RecoveryReport): SeenReport {
  const { filesScanned, recordsReplayed, tailTruncated, tailBytesDiscarded } = report;
  const { midStreamErrors, unsupportedVersions, lastTxidSeen } = report;
  return {
    filesScanned,
    recordsReplayed,
    tailTruncated,
    tailBytesDiscarded,
    midStreamErrors,
    unsupportedVersions,
    lastTxidSeen,
  };
}

function placeOf({ segment, offset, len }: Place): Place {
  return { segment, offset, len };
}
