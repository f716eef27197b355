import { resolve } from "node:path";
import type { Bytes, BytesLike } from "@datawal/format";
import { NO_BYTES, toBytes } from "@datawal/format/internal";
import {
  type LogPosition,
  type LogRecord,
  type LogScan,
  RecordLogError,
  type RecordRef,
  type RecoveryReport,
  type SnapshotResult,
} from "@datawal/record-log";
import {
  LONG_OPERATION_OPTIONS,
  type OptionNames,
  requireKnownOptions,
  snapshotSteps,
  withStoreErrors,
} from "@datawal/record-log/internal";
import type { LongOperationOptions } from "@datawal/safeatomic";
import { ownOptions, runSync, type Steps } from "@datawal/safeatomic/internal";
import type { CheckpointUse } from "./checkpoint/checkpoint.js";
import { type CompactionResult, compactSteps } from "./compact/compact-to.js";
import { checkPath } from "./data-wal-options.js";
import { EXPORT_OPTIONS, type ExportOptions, type ExportResult, exportSteps } from "./jsonl/export.js";
import type { Space } from "./live/space.js";
import type { OpenStore } from "./open-store.js";

/** How much a store holds, and what it is good for. */
export interface DataWalStats {
  /** How many keys are live. */
  keys: number;
  /** Bytes of the records that hold the live values. */
  liveBytes: number;
  /** Bytes of superseded and deleted values, and of Raw records: what compaction drops beside the tombstones. */
  deadBytes: number;
  /** Bytes of the records that say that a key was deleted. */
  tombstoneBytes: number;
  /** How many segment files there are. */
  segments: number;
  /** Bytes of all records in them: live, dead and tombstones together. */
  segmentBytes: number;
  /** Bytes of memory that the key directory takes. */
  keydirBytes: number;
  /** The bytes of each segment's records, ascending. */
  bySegment: SegmentStats[];
  /** Whether the open believed the checkpoint of the key directory, or why it read the whole log. */
  checkpoint: CheckpointUse;
}

/** What the bytes of a segment's records are good for. */
export interface SegmentStats {
  segment: number;
  liveBytes: number;
  /** As {@link DataWalStats.deadBytes}. */
  deadBytes: number;
  /** Of these, those of Raw records: where waste lies beside them, a compaction in place ends in front of that segment. */
  rawBytes: number;
  tombstoneBytes: number;
  /** The share, 0 to 1, that a compaction in place would give back: dead Puts, and tombstones but for the newest record. */
  wasteRatio: number;
}

/**
 * A store as key/value pairs, for reading: what {@link DataWal} and {@link DataWalReader} have in common. The value
 * of a key is that of the last record with that key.
 *
 * Every method but `dir`, `size` and `recoveryReport` throws a RecordLogError ERR_DATAWAL_CLOSED on a closed handle.
 */
export abstract class DataWalView<KeyIn, ValueIn, KeyOut, ValueOut> implements Iterable<[KeyOut, ValueOut]> {
  readonly #store: OpenStore<KeyIn, ValueIn, KeyOut, ValueOut>;

  /** @internal */
  constructor(store: OpenStore<KeyIn, ValueIn, KeyOut, ValueOut>) {
    this.#store = store;
  }

  /** The store's directory, absolute, links resolved. */
  get dir(): string {
    return this.#store.log.dir;
  }

  /** Live keys. */
  get size(): number {
    return this.#store.projection.keydir.size;
  }

  /**
   * Reads the value of a key, and proves it: the CRC is right and the record is the Put of this very key. What this handle
   * has written last is read from memory, which proves that and not the disk: opened with `cacheBytes: 0` it is the disk.
   *
   * @param key 0 to 64 KiB when encoded.
   * @returns What the value codec makes of bytes that nobody else has; `undefined` for a key that is not there. They are a
   * part of a larger `ArrayBuffer`, as with Node's own buffers: use the bytes, and not their `buffer`.
   * @throws RecordLogError ERR_DATAWAL_RECORD_UNREADABLE, ERR_DATAWAL_STORE_IO, and of a reader
   * ERR_DATAWAL_READER_STALE: the log was repaired or replaced since the last refresh, or, for an iteration, compacted
   * @throws DataWalError ERR_DATAWAL_RECORD_MISMATCH, ERR_DATAWAL_DECODE_FAILED
   * @throws TypeError ERR_DATAWAL_NOT_BYTES, ERR_DATAWAL_MALFORMED_STRING, or what the key codec throws
   */
  get(key: KeyIn): ValueOut | undefined {
    this.#store.requireOpen();
    const keyBytes = this.#store.encodeKey(key);
    const ref = this.#store.projection.keydir.get(keyBytes);
    return ref && this.#store.readValue(keyBytes, ref);
  }

  /**
   * Reads the values of many keys, as {@link get}.
   *
   * @returns A value, or `undefined`, for each, in the order of the keys.
   * @throws as {@link get}
   */
  getMany(keys: Iterable<KeyIn>): (ValueOut | undefined)[] {
    return Array.from(keys, (key) => this.get(key));
  }

  /**
   * Reads a record where it lies: of a key its newest, for as long as its segment is not compacted away.
   *
   * @param ref As {@link refOf} or {@link scan} gave it.
   * @returns The record as the log has it, in bytes: codecs play no part. As of `RecordLog.read`.
   * @throws As `RecordLog.read`
   */
  read(ref: RecordRef): LogRecord {
    this.#store.requireOpen();
    return this.#store.log.read(ref);
  }

  /** Whether a key is there; reads nothing. @throws TypeError as {@link get} */
  has(key: KeyIn): boolean {
    return this.refOf(key) !== undefined;
  }

  /**
   * Where the record with a key's value lies; reads nothing.
   *
   * @returns A copy; `undefined` for a key that is not there.
   * @throws TypeError as {@link get}
   */
  refOf(key: KeyIn): RecordRef | undefined {
    this.#store.requireOpen();
    return this.#store.projection.keydir.get(this.#store.encodeKey(key));
  }

  /**
   * The keys, in the order of a `Map`: a key keeps its place when it is put again, and moves to the end when it was
   * deleted in between. The order survives reopening, but for the keys that a compaction in place has moved: they come
   * where it has moved them. Live: what changes meanwhile shows.
   *
   * @param options.prefix Only keys whose bytes begin with these. A filter: all keys are looked at.
   * @throws TypeError ERR_DATAWAL_NOT_BYTES, ERR_DATAWAL_BAD_OPTION; DataWalError ERR_DATAWAL_DECODE_FAILED
   * @throws RecordLogError ERR_DATAWAL_READER_STALE: a refresh found that the log was repaired or replaced
   */
  keys(options?: PrefixOptions): IterableIterator<KeyOut> {
    return this.#keys(prefixOf(options));
  }

  /** The values, as {@link keys} and read when they are drawn. @throws as {@link get} */
  *values(): IterableIterator<ValueOut> {
    for (const [key, ref] of this.#places(NO_BYTES)) yield this.#store.readValue(key, ref);
  }

  /** Keys with their values, as {@link values}. @throws as {@link get} */
  entries(options?: PrefixOptions): IterableIterator<[KeyOut, ValueOut]> {
    return this.#entries(prefixOf(options));
  }

  /** As {@link entries}. */
  [Symbol.iterator](): IterableIterator<[KeyOut, ValueOut]> {
    return this.entries();
  }

  /** How much is there. Reads nothing. */
  stats(): DataWalStats {
    this.#store.requireOpen();
    const { keydir, space } = this.#store.projection;
    return {
      keys: keydir.size,
      liveBytes: space.liveBytes,
      deadBytes: space.deadBytes,
      tombstoneBytes: space.tombstoneBytes,
      segments: this.#store.log.segments.length,
      segmentBytes: space.totalBytes,
      keydirBytes: keydir.bytes,
      bySegment: this.#store.log.segments.map((segment) => segmentStats(space, segment)),
      checkpoint: this.#store.checkpoint,
    };
  }

  /** Goes over all records of the log below, in order, superseded ones, tombstones and Raw records included. */
  scan(options: { from?: LogPosition } = {}): LogScan {
    this.#store.requireOpen();
    return this.#store.log.scan(options);
  }

  /** What opening, or the last refresh, found. A copy. */
  recoveryReport(): RecoveryReport {
    return this.#store.log.recoveryReport();
  }

  /**
   * Writes the live pairs as a new store: one segment, keys in the order of their bytes, txids from 1, to the byte as
   * the reference does. Works on the state at the call, in memory for the keys and one record; the store itself is
   * only read. The target's segment appears whole and durable, or not at all.
   *
   * @param target A directory that is missing or empty; it and its parents are made, and it is removed again where nothing
   * came of it. What a compaction that was killed left there does not count. Needs a file system with hard links.
   * @throws RecordLogError ERR_DATAWAL_TARGET_EXISTS, ERR_DATAWAL_STORE_IO, and as {@link get}: nothing was published
   * @throws SafeatomicError ERR_DATAWAL_NOT_A_DIRECTORY, ERR_DATAWAL_DANGLING_LINK, ERR_DATAWAL_FOREIGN_LINK,
   * ERR_DATAWAL_SHORT_WRITE,
   * ERR_DATAWAL_TEMPORARY_REPLACED: nothing was published; ERR_DATAWAL_CHANGE_NOT_DURABLE: a power cut may undo it
   */
  async compactTo(target: string, options?: LongOperationOptions): Promise<CompactionResult> {
    return await this.#store.operations.run(this.#compactSteps(target, options), options);
  }

  /** As {@link compactTo}, on this thread. */
  compactToSync(target: string, options?: LongOperationOptions): CompactionResult {
    return runSync(this.#compactSteps(target, options), options);
  }

  /**
   * Writes the live pairs as JSONL, in the order of the keys' bytes, to the byte as the reference does: a line
   * `{"key_b64":"...","value_b64":"..."}` each. Codecs play no part. Works on the state at the call, in memory for the
   * keys and one record. The file appears whole and durable, or stays as it was; its mode is kept.
   *
   * @param path Its parents are made.
   * @param options With `overwrite: false` the name must be free, also of links; of several processes that export to
   * one name, one succeeds. Needs a file system with hard links.
   * @throws as {@link compactTo}, ERR_DATAWAL_TARGET_EXISTS only with `overwrite: false`; SafeatomicError also
   * ERR_DATAWAL_NOT_A_FILE
   */
  async exportJsonl(path: string, options?: ExportOptions): Promise<ExportResult> {
    return await this.#store.operations.run(this.#exportSteps(path, options), options);
  }

  /** As {@link exportJsonl}, on this thread. */
  exportJsonlSync(path: string, options?: ExportOptions): ExportResult {
    return runSync(this.#exportSteps(path, options), options);
  }

  *#keys(prefix: Bytes): IterableIterator<KeyOut> {
    for (const [key] of this.#places(prefix)) yield this.#store.decodeKey(key);
  }

  *#entries(prefix: Bytes): IterableIterator<[KeyOut, ValueOut]> {
    for (const [key, ref] of this.#places(prefix)) {
      // First: the key's bytes are its codec's to keep.
      const value = this.#store.readValue(key, ref);
      yield [this.#store.decodeKey(key), value];
    }
  }

  *#places(prefix: Bytes): IterableIterator<[key: Bytes, ref: RecordRef]> {
    this.#store.requireOpen();
    const { projection } = this.#store;
    for (const place of projection.keydir.entries()) {
      if (!beginsWith(place[0], prefix)) continue;
      yield place;
      this.#store.requireOpen();
      if (this.#store.projection !== projection) throw iterationStale(this.dir);
    }
  }

  /**
   * Copies the log as it is now, record for record, to a new store: as `snapshotTo`, of the store that is open here. Of a
   * reader it is the store as it is by then, and not as it was refreshed last.
   *
   * @param target Must not exist, or be an empty directory; its parents are made.
   * @throws As `snapshotTo`
   */
  async snapshotTo(target: string, options?: LongOperationOptions): Promise<SnapshotResult> {
    return await this.#store.operations.run(this.#snapshotSteps(target, options), options);
  }

  /** As {@link snapshotTo}, on this thread. */
  snapshotToSync(target: string, options?: LongOperationOptions): SnapshotResult {
    return runSync(this.#snapshotSteps(target, options), options);
  }

  *#snapshotSteps(target: string, options?: LongOperationOptions): Steps<SnapshotResult> {
    this.#store.requireOpen();
    requireKnownOptions(options, LONG_OPERATION_OPTIONS);
    checkPath("target", target);
    const { fileSystem, crc: crc32c } = this.#store.disk;
    return yield* snapshotSteps(this.dir, target, { fileSystem, crc32c });
  }

  *#compactSteps(target: string, options?: LongOperationOptions): Steps<CompactionResult> {
    requireKnownOptions(options, LONG_OPERATION_OPTIONS);
    checkPath("target", target);
    const { fileSystem, crc } = this.#store.disk;
    const work = () =>
      this.#store.readSnapshot((snapshot) => compactSteps(fileSystem, crc, snapshot, resolve(target)));
    return yield* withStoreErrors("compactTo", target, work);
  }

  *#exportSteps(path: string, options?: ExportOptions): Steps<ExportResult> {
    requireKnownOptions(options, EXPORT_OPTIONS);
    const { overwrite = true } = ownOptions(options);
    checkPath("path", path);
    const { fileSystem } = this.#store.disk;
    const work = () =>
      this.#store.readSnapshot((snapshot) => exportSteps(fileSystem, snapshot, resolve(path), overwrite));
    return yield* withStoreErrors("exportJsonl", path, work);
  }
}

/** Which keys an iteration takes. */
export interface PrefixOptions {
  /** Bytes that a key begins with as its codec has it; a string means its UTF-8. */
  prefix?: BytesLike | undefined;
}

const PREFIX_OPTIONS: OptionNames<PrefixOptions> = { prefix: true };

function prefixOf(options: PrefixOptions | undefined): Bytes {
  requireKnownOptions(options, PREFIX_OPTIONS);
  return toBytes(ownOptions(options).prefix ?? NO_BYTES, "prefix");
}

function beginsWith(key: Bytes, prefix: Bytes): boolean {
  return key.length >= prefix.length && prefix.every((byte, index) => key[index] === byte);
}

function segmentStats(space: Space, segment: number): SegmentStats {
  const { liveBytes, deadBytes, rawBytes, tombstoneBytes, totalBytes } = space.of(segment);
  const wasteRatio = totalBytes === 0 ? 0 : space.wasteOf(segment) / totalBytes;
  return { segment, liveBytes, deadBytes: deadBytes + rawBytes, rawBytes, tombstoneBytes, wasteRatio };
}

function iterationStale(path: string): RecordLogError {
  const message = `${path}: expected the pairs that the iteration began with, found it read anew by a refresh: it was repaired or replaced, or a refresh had failed; begin the iteration again`;
  return new RecordLogError("ERR_DATAWAL_READER_STALE", message, { path });
}
