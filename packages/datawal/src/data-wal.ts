import { inspect } from "node:util";
import { type Bytes, type BytesLike, RecordType } from "@datawal/format";
import { isGroupKey, NO_BYTES } from "@datawal/format/internal";
import {
  isRecordLogError,
  type LogRecord,
  type OpenOptions,
  type RecordLog,
  RecordLogError,
  type ReplayRecord,
} from "@datawal/record-log";
import {
  appendBatch,
  appendKeyed,
  type BatchListener,
  beforeRelease,
  type Draw,
  madeByNew,
  namePublicClass,
  openLogSteps,
  requireWritable,
  withStoreErrors,
} from "@datawal/record-log/internal";
import { ownOptions, type ProgressStep, runAsync, runSync, type Steps } from "@datawal/safeatomic/internal";
import { Checkpoint } from "./checkpoint/checkpoint.js";
import { type CheckpointSettings, checkpointOf } from "./checkpoint/checkpoint-options.js";
import { type Codecs, checkCodecs, type DecodedAs, encoded } from "./codec.js";
import { AutoCompaction, type AutoCompactOptions, type LastCompaction } from "./compact/auto-compaction.js";
import {
  type CompactionInPlaceResult,
  type CompactOptions,
  compactInPlaceSteps,
  minWasteRatioOf,
} from "./compact/compact.js";
import { tellCompaction } from "./compact/compaction-event.js";
import { withCode } from "./data-wal-error.js";
import { type DataWalOptions, logOptionsOf } from "./data-wal-options.js";
import { type DataWalStats, DataWalView } from "./data-wal-view.js";
import { type ImportOptions, type ImportResult, importSteps, type RawPair } from "./jsonl/import.js";
import type { ImportSource } from "./jsonl/import-source.js";
import { BatchKeys } from "./live/batch-keys.js";
import { Projection } from "./live/projection.js";
import { type CacheUse, OpenStore } from "./open-store.js";

/** One step of {@link DataWal.batch}. */
export type BatchOperation<Key, Value> =
  | { type: "put"; key: Key; value: Value }
  | { type: "delete"; key: Key };

/**
 * A key/value store on an append-only log, open for writing. One process at a time holds it; a {@link DataWalReader}
 * needs no lock. Keys and where their values lie are kept in memory, values on disk.
 *
 * Written is not durable: when a `put` returns the kernel holds the pair, and a killed process does not lose it; a
 * power cut may, until a {@link fsync} that was called after it resolves.
 */
export class DataWal<
    KeyIn = BytesLike,
    ValueIn = BytesLike,
    KeyOut = DecodedAs<KeyIn>,
    ValueOut = DecodedAs<ValueIn>,
  >
  extends DataWalView<KeyIn, ValueIn, KeyOut, ValueOut>
  implements Disposable, AsyncDisposable
{
  readonly #log: RecordLog;
  readonly #store: OpenStore<KeyIn, ValueIn, KeyOut, ValueOut>;

  #isCompacting = false;
  #compacting: Promise<CompactionInPlaceResult> | undefined;

  readonly #auto: AutoCompaction | undefined;

  /** The key directory takes in exactly what was appended, piece by piece. */
  readonly #batches: BatchListener = {
    records: [],
    willAppend: (frames) => this.#store.projection.keydir.requireRoomForAll(frames),
    appended: (frames, segment, offset) =>
      this.#takeIn(() => this.#store.projection.applyAll(frames, segment, offset)),
  };

  private constructor(
    log: RecordLog,
    opening: Opening,
    codecs: Codecs<KeyIn, ValueIn, KeyOut, ValueOut>,
    auto: AutoCompaction | undefined,
  ) {
    if (codecs === undefined) throw madeByNew("DataWal");
    const { projection, checkpoint } = opening;
    const store = new OpenStore(log, projection, codecs, checkpoint.use);
    super(store);
    this.#store = store;
    this.#log = log;
    this.#auto = auto;
    beforeRelease(log, (requireInPlace) => this.#writeCheckpoint(checkpoint, requireInPlace));
  }

  /**
   * Opens a store for writing, repairs what a crash has torn, and reads it through once for its keys.
   *
   * When it resolves, everything it found is durable: see {@link recoveryReport}.
   *
   * @param dir The store's directory, a path or a `file:` URL; made, with its parents, where it is missing and `create` is
   * not false.
   * @param options As for `RecordLog.open`; `key` and `value` say how keys and values are turned into bytes.
   * @throws As `RecordLog.open`; DataWalError ERR_DATAWAL_TOO_MANY_KEYS
   * @throws TypeError ERR_DATAWAL_NOT_A_CODEC
   */
  static async open<
    KeyIn = BytesLike,
    ValueIn = BytesLike,
    KeyOut = DecodedAs<KeyIn>,
    ValueOut = DecodedAs<ValueIn>,
  >(
    dir: string | URL,
    options: DataWalOptions<KeyIn, ValueIn, KeyOut, ValueOut> = {},
  ): Promise<DataWal<KeyIn, ValueIn, KeyOut, ValueOut>> {
    const codecs = checkCodecs(options);
    const auto = autoCompactionOf(options);
    const opening = new Opening(checkpointOf(options));
    const log = await runAsync(opening.steps(dir, logOptionsOf(options)), options);
    return new DataWal(log, opening, codecs, auto);
  }

  /** As {@link open}, on this thread. */
  static openSync<
    KeyIn = BytesLike,
    ValueIn = BytesLike,
    KeyOut = DecodedAs<KeyIn>,
    ValueOut = DecodedAs<ValueIn>,
  >(
    dir: string | URL,
    options: DataWalOptions<KeyIn, ValueIn, KeyOut, ValueOut> = {},
  ): DataWal<KeyIn, ValueIn, KeyOut, ValueOut> {
    const codecs = checkCodecs(options);
    const auto = autoCompactionOf(options);
    const opening = new Opening(checkpointOf(options));
    const log = runSync(opening.steps(dir, logOptionsOf(options)), options);
    return new DataWal(log, opening, codecs, auto);
  }

  /** Whether a write, sync or name operation has failed: reading goes on, writing needs a new handle. */
  get isPoisoned(): boolean {
    return this.#store.poison !== undefined || this.#log.isPoisoned;
  }

  /**
   * Gives a key a value. When it returns the kernel holds the pair; {@link fsync} makes it durable.
   *
   * @param key 0 to 64 KiB when encoded.
   * @param value 0 to 64 MiB when encoded; copied, or in the kernel, when this returns.
   * @throws RecordLogError ERR_DATAWAL_APPEND_FAILED or ERR_DATAWAL_ROTATE_FAILED (the pair is not in the store; the
   * handle is poisoned), ERR_DATAWAL_POISONED, ERR_DATAWAL_CLOSED, ERR_DATAWAL_REENTRANT, ERR_DATAWAL_TXID_LIMIT,
   * ERR_DATAWAL_REPLACED
   * @throws TypeError ERR_DATAWAL_NOT_BYTES, ERR_DATAWAL_MALFORMED_STRING, or what a codec throws; RangeError
   * ERR_DATAWAL_KEY_TOO_LARGE, ERR_DATAWAL_PAYLOAD_TOO_LARGE; DataWalError ERR_DATAWAL_TOO_MANY_KEYS; V8's
   * own where there is no memory for another key: nothing was written
   */
  put(key: KeyIn, value: ValueIn): void {
    this.#store.requireOpen();
    // The value first: behind the key's codec nothing of the caller's runs that could change its bytes.
    const payload = encoded(this.#store.codecs.value, value, "value");
    this.#append(RecordType.Put, this.#store.encodeKey(key), payload);
    this.#considerCompaction();
  }

  /**
   * Deletes a key: a tombstone is written where it is there, and else nothing.
   *
   * @returns Whether the key was there.
   * @throws as {@link put}
   */
  delete(key: KeyIn): boolean {
    this.#store.requireOpen();
    const keyBytes = this.#store.encodeKey(key);
    requireWritable(this.#log);
    if (!this.#isLive(keyBytes)) return false;
    this.#append(RecordType.Delete, keyBytes, NO_BYTES);
    this.#considerCompaction();
    return true;
  }

  /**
   * Puts many pairs, up to 1 MiB by one write. Not a transaction: after a crash a prefix of them is there.
   *
   * @param pairs May read this store while it is drained, and sees it with what has been written by then; may not write to
   * it.
   * @throws RecordLogError ERR_DATAWAL_BATCH_FAILED: `recordsAppended` says how many of the pairs are in the store,
   * `cause` why the next one is not; ERR_DATAWAL_POISONED, ERR_DATAWAL_CLOSED, ERR_DATAWAL_REENTRANT
   */
  putMany(pairs: Iterable<readonly [KeyIn, ValueIn]>): void {
    this.#appendBatch(false, (add) => {
      for (const [key, value] of pairs) {
        const payload = encoded(this.#store.codecs.value, value, "value");
        add(RecordType.Put, this.#store.encodeKey(key), payload);
      }
    });
  }

  /**
   * Puts and deletes keys, all or none of them, for whoever looks: whatever happens, no reader and no later open sees a part.
   * It is one write; {@link fsync} makes it durable. A deletion of a key that is not there at that point is passed over.
   *
   * @param operations At most 64 MiB of records. May read this store while it is drained, and sees it as it was; may not
   * write to it.
   * @throws RangeError ERR_DATAWAL_GROUP_TOO_LARGE; others as {@link put}, or what `operations` throws: nothing was
   * written; TypeError ERR_DATAWAL_BAD_OPERATION
   */
  batch(operations: Iterable<BatchOperation<KeyIn, ValueIn>>): void {
    const keys = new BatchKeys();
    this.#appendBatch(true, (add, pending) => {
      for (const operation of operations) {
        if (operation?.type === "put") {
          const payload = encoded(this.#store.codecs.value, operation.value, "value");
          add(RecordType.Put, this.#store.encodeKey(operation.key), payload);
        } else if (operation?.type === "delete") {
          const key = this.#store.encodeKey(operation.key);
          if (!(keys.isLive(key, pending()) ?? this.#isLive(key))) continue;
          add(RecordType.Delete, key, NO_BYTES);
        } else {
          throw badOperation(operation);
        }
      }
    });
  }

  /** Deletes every key. Not a transaction, as {@link putMany}. @throws as {@link putMany} */
  clear(): void {
    const { keydir } = this.#store.projection;
    this.#appendBatch(false, (add) => {
      for (const [key] of keydir.entries()) if (!isGroupKey(key)) add(RecordType.Delete, key, NO_BYTES);
    });
    // Another program may have put the key of heads, which nothing but a head deletes.
    if (keydir.size === 0) return;
    this.#appendBatch(true, (add) => {
      for (let record = 0; record < 2; record++) add(RecordType.Delete, NO_BYTES, NO_BYTES);
    });
  }

  /**
   * Puts the pairs of lines as {@link exportJsonl} writes them, in bounded memory, by about 32 KiB at a time. Codecs play
   * no part. Not a transaction, and not durable before {@link fsync}: after a failure or an abort the records told by
   * the error, or for an abort a prefix of the lines, are in the store.
   *
   * Lines may end in CRLF, the last one need not end, blank lines are passed over (and counted), and white space
   * between tokens is allowed.
   *
   * @param source A path, or an iterable, asynchronous or not: a string is one line, bytes are a chunk of a file, cut
   * anywhere. A stream of text whose strings are not lines will not do; leave its bytes undecoded.
   * @throws DataWalError ERR_DATAWAL_BAD_LINE at the first bad line, unless `onBadLine` is given: the lines before it
   * are in the store; ERR_DATAWAL_IMPORT_FAILED: the source or the store failed, see `cause`
   * @throws RecordLogError ERR_DATAWAL_STORE_IO (the path), ERR_DATAWAL_CLOSED
   * @throws TypeError ERR_DATAWAL_BAD_IMPORT_SOURCE
   */
  async importJsonl(source: ImportSource, options: ImportOptions = {}): Promise<ImportResult> {
    const signal = this.#store.operations.endingSignal(ownOptions(options).signal);
    return await this.#store.operations.run(this.#importSteps(source, { ...options, signal }), options);
  }

  /** As {@link importJsonl}, on this thread: from a path or an iterable that is not asynchronous. */
  importJsonlSync(
    source: Exclude<ImportSource, AsyncIterable<unknown>>,
    options: ImportOptions = {},
  ): ImportResult {
    return runSync(this.#importSteps(source, options), options);
  }

  /**
   * Makes everything written before this call durable, syncing off the main thread; callers share syncs.
   *
   * @throws RecordLogError ERR_DATAWAL_FSYNC_FAILED: nothing since the last success is known to be durable, the handle
   * is poisoned; ERR_DATAWAL_SEGMENT_CHANGED: another program has changed the active segment, the handle is
   * poisoned; ERR_DATAWAL_POISONED, ERR_DATAWAL_CLOSED, ERR_DATAWAL_REENTRANT
   */
  async fsync(): Promise<void> {
    this.#store.requireOpen();
    await this.#log.fsync();
  }

  /** As {@link fsync}, on this thread. */
  fsyncSync(): void {
    this.#store.requireOpen();
    this.#log.fsyncSync();
  }

  /**
   * Seals the active segment, durably, and begins the next one, unless it is empty. Segments rotate by themselves when they
   * are full.
   *
   * @throws As `RecordLog.rotate`
   */
  async rotate(): Promise<void> {
    this.#store.requireOpen();
    await this.#log.rotate();
  }

  /** As {@link rotate}, on this thread. */
  rotateSync(): void {
    this.#store.requireOpen();
    this.#log.rotateSync();
  }

  /**
   * Gives back the space of superseded and deleted values while the store is in use: what is still needed of a segment with
   * waste is written again at the log's end, then the segment is removed, one by one, the oldest first. It needs at most
   * one segment of extra space. What was done before an abort, a failure or a crash is right, and stays; the next call
   * goes on. Readers that have a removed segment open keep its bytes on disk until they refresh, or close.
   *
   * A key that was moved comes, once the store is opened again, in {@link keys} where it was moved to.
   *
   * @returns What was done; durable. A second call while one runs gets the first one's, its abort as well, and its own
   * options play no part. It waits for a {@link compactTo} or an {@link exportJsonl} under way, which may read what it is
   * about to remove: their `onProgress`, and its own, must not wait for it, or all stand still until they are given up.
   * @throws RecordLogError ERR_DATAWAL_DROP_FAILED and as {@link put}, {@link fsync} and {@link rotate}: the handle is
   * poisoned; ERR_DATAWAL_SEGMENT_DAMAGED, ERR_DATAWAL_SEGMENT_CHANGED (another program changed a sealed segment, which
   * stays), ERR_DATAWAL_STORE_IO, ERR_DATAWAL_SEGMENT_NOT_A_FILE (in place of the marker), ERR_DATAWAL_REENTRANT (a
   * {@link compactSync} is under way)
   * @throws RangeError ERR_DATAWAL_BAD_OPTION
   */
  async compact(options?: CompactOptions): Promise<CompactionInPlaceResult> {
    return await (this.#compacting ?? this.#compactBeside(this.#compactInPlaceSteps(options), options));
  }

  /** As {@link compact}, on this thread. @throws RecordLogError ERR_DATAWAL_REENTRANT also where that would wait */
  compactSync(options?: CompactOptions): CompactionInPlaceResult {
    this.#store.requireNoReaders();
    return runSync(this.#compactInPlaceSteps(options), options);
  }

  /**
   * Closes the store: refuses new writes at once, ends long operations with ERR_DATAWAL_CLOSED, syncs what is not
   * synced (unless poisoned), and releases the lock. Called from within a batch it begins when that has ended.
   * Idempotent: a further call waits for the first, which alone is told of a failure.
   *
   * @throws RecordLogError ERR_DATAWAL_FSYNC_FAILED, ERR_DATAWAL_SEGMENT_CHANGED, ERR_DATAWAL_STORE_IO,
   * ERR_DATAWAL_POISONED (a sync that nobody waited for has failed, and no call has told it yet): the store is closed and
   * the lock released all the same
   */
  async close(): Promise<void> {
    try {
      await this.#log.close();
    } catch (error) {
      // From within a batch, which is at its end by now.
      if (!isRecordLogError(error, "ERR_DATAWAL_REENTRANT")) throw error;
      await this.#log.close();
    }
  }

  /** As {@link close}, on this thread. @throws RecordLogError ERR_DATAWAL_REENTRANT while a batch is being drained */
  closeSync(): void {
    this.#log.closeSync();
  }

  [Symbol.dispose](): void {
    this.closeSync();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** As that of any store; here also how the last compaction went that it began by itself, and of what use its memory is. */
  override stats(): DataWalStats & { lastCompaction: LastCompaction | undefined; cache: CacheUse } {
    return { ...super.stats(), lastCompaction: this.#auto?.last, cache: this.#store.cacheUse };
  }

  #considerCompaction(): void {
    const { space } = this.#store.projection;
    if (!this.#auto?.isDue(this.#log.activeSegment, space) || this.#isCompacting) return;
    const steps = this.#auto.begin(this.#log, space, (options, isEnough) =>
      this.#compactInPlaceSteps(options, isEnough),
    );
    // A failure is told by `stats`.
    this.#compactBeside(steps).catch(() => {});
  }

  #compactBeside(
    steps: Steps<CompactionInPlaceResult>,
    options?: CompactOptions,
  ): Promise<CompactionInPlaceResult> {
    const compacting = this.#store.operations.run(steps, options).finally(() => {
      if (this.#compacting === compacting) this.#compacting = undefined;
    });
    this.#compacting = compacting;
    return compacting;
  }

  *#compactInPlaceSteps(options?: CompactOptions, isEnough?: () => boolean): Steps<CompactionInPlaceResult> {
    this.#store.requireOpen();
    const minWasteRatio = minWasteRatioOf(options);
    if (this.#isCompacting) throw compactionRunning(this.dir);
    this.#isCompacting = true;
    try {
      const store = {
        log: this.#log,
        disk: this.#store.disk,
        projection: this.#store.projection,
        append: ({ type, key, payload }: LogRecord) => {
          this.#store.requireOpen();
          this.#append(type, key, payload);
        },
        waitForReaders: (progress: ProgressStep) => this.#store.waitForReaders(progress),
      };
      const work = () => compactInPlaceSteps(store, minWasteRatio, isEnough);
      const result = yield* withStoreErrors("compact", this.dir, work);
      tellCompaction(this.dir, { result });
      return result;
    } catch (error) {
      tellCompaction(this.dir, { error });
      throw error;
    } finally {
      this.#isCompacting = false;
    }
  }

  *#writeCheckpoint(checkpoint: Checkpoint, requireInPlace: () => void): Steps<void> {
    const { poison, disk, projection } = this.#store;
    if (!poison) yield* checkpoint.write(this.#log, disk, projection, requireInPlace);
  }

  #append(type: RecordType, key: Bytes, payload: BytesLike): boolean {
    const { keydir } = this.#store.projection;
    if (type === RecordType.Put) keydir.requireRoom(key);
    else keydir.reserveDelete(key);
    const ref = appendKeyed(this.#log, type, key, payload);
    return this.#takeIn(() => this.#store.projection.apply(type, key, ref));
  }

  /** What can fail has been done before the append; if this does all the same, memory is behind the log for good. */
  #takeIn<T>(apply: () => T): T {
    try {
      return apply();
    } catch (cause) {
      const reason = "the key directory could not take in what the log has";
      const message = `datawal: writer poisoned: ${reason}; drop handle and reopen`;
      const poison = new RecordLogError("ERR_DATAWAL_POISONED", message, { path: this.dir, reason }, cause);
      this.#store.poison = poison;
      throw poison;
    }
  }

  #appendBatch(isGroup: boolean, draw: Draw): void {
    this.#store.requireOpen();
    try {
      appendBatch(this.#log, isGroup, draw, this.#batches);
    } catch (error) {
      throw this.#store.poison ?? error;
    } finally {
      this.#store.projection.keydir.settle();
    }
    this.#considerCompaction();
  }

  #isLive(key: Uint8Array): boolean {
    return this.#store.projection.keydir.get(key) !== undefined;
  }

  #importSteps(source: ImportSource, options: ImportOptions): Steps<ImportResult> {
    this.#store.requireOpen();
    const put = (pairs: readonly RawPair[]) =>
      this.#appendBatch(false, (add) => {
        for (const { key, value } of pairs) add(RecordType.Put, key, value);
      });
    const name = typeof source === "string" ? source : this.dir;
    const work = () => importSteps(this.#store.disk.fileSystem, source, options, put);
    return withStoreErrors("importJsonl", name, work);
  }
}

namePublicClass(DataWal, "DataWal");

function autoCompactionOf(options: { autoCompact?: boolean | AutoCompactOptions | undefined }) {
  const { autoCompact } = ownOptions(options);
  return autoCompact === undefined || autoCompact === false ? undefined : new AutoCompaction(autoCompact);
}

/** A log that is being opened, and what of it has been taken in: what the checkpoint has, and what lies behind that. */
class Opening {
  projection = new Projection();
  readonly checkpoint: Checkpoint;

  constructor(settings: CheckpointSettings) {
    this.checkpoint = new Checkpoint(settings, (projection) => {
      this.projection = projection;
    });
  }

  steps(dir: string | URL, options: OpenOptions): Steps<RecordLog> {
    const replay = (record: ReplayRecord) => void this.projection.replay(record);
    return openLogSteps(dir, { ...options, replay }, this.checkpoint.know);
  }
}

function compactionRunning(path: string): RecordLogError {
  const message = `${path}: expected no other compaction in place under way; await it, then call again`;
  return new RecordLogError("ERR_DATAWAL_REENTRANT", message, { path });
}

function badOperation(operation: unknown): Error {
  const actual = inspect(operation, { depth: 0 });
  const message = `datawal: "batch" expected { type: "put", key, value } or { type: "delete", key }, got ${actual}`;
  return withCode(new TypeError(message), "ERR_DATAWAL_BAD_OPERATION", { actual: operation });
}
