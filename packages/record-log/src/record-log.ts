import { type Bytes, type BytesLike, RecordType } from "@datawal/format";
import { bytesOf, NO_BYTES } from "@datawal/format/internal";
import type { FileSystem, LongOperationOptions } from "@datawal/safeatomic";
import { errnoOf, runAsync, runSync, type Steps } from "@datawal/safeatomic/internal";
import { tellRecovery } from "./events.js";
import type { KnowSegments } from "./inspect/known-segments.js";
import { requireKnownOptions } from "./known-options.js";
import { LogBase } from "./log-base.js";
import type { AppendedRecord } from "./log-record.js";
import { OpenLog } from "./open-log.js";
import { badOption, checkOptions, LONG_OPERATION_OPTIONS, type OpenOptions } from "./open-options.js";
import { madeByNew, namePublicClass } from "./public-class.js";
import { SegmentHandles } from "./read/segment-handles.js";
import { recover } from "./repair/recover.js";
import { DirectoryLock } from "./store/directory-lock.js";
import { FrameRing } from "./store/frame-ring.js";
import { requireMarkable } from "./store/removed-segments.js";
import { Store } from "./store/store.js";
import { findStoreDirectory, makeStoreDirectory } from "./store/store-directory.js";
import { storeOperation } from "./store/store-operation.js";
import { type AppendInput, drawInputs } from "./write/append-input.js";
import { AppendedRecords } from "./write/appended-records.js";
import type { BatchListener, Draw } from "./write/batch.js";
import { LogWriter } from "./write/log-writer.js";

/**
 * Removes a sealed segment of which everything that is needed has been appended again; durable when done. For a view of
 * the log: the log cannot tell.
 *
 * @param require Called behind each wait, the last time just before the removal: what it throws keeps the segment.
 * @throws RecordLogError ERR_DATAWAL_DROP_FAILED, ERR_DATAWAL_FSYNC_FAILED, ERR_DATAWAL_SEGMENT_CHANGED (the handle is
 * poisoned), ERR_DATAWAL_REPLACED, ERR_DATAWAL_POISONED, ERR_DATAWAL_CLOSED, ERR_DATAWAL_REENTRANT; what `require` throws
 */
export let removeCompactedSteps: (log: RecordLog, segment: number, require: () => void) => Steps<void>;

/** Refuses what an append would, where nothing is to be appended. @throws as {@link RecordLog.append} on such a handle */
export let requireWritable: (log: RecordLog) => void;

/**
 * Checks that a log can be compacted: its lock is in its place, and nothing stands where the marker is to be written.
 *
 * @throws RecordLogError ERR_DATAWAL_REPLACED, ERR_DATAWAL_SEGMENT_NOT_A_FILE, ERR_DATAWAL_STORE_IO
 */
export let requireCompactable: (log: RecordLog) => void;

/** {@link RecordLog.open} as a part of a longer operation, for a view of the log that may know segments already. */
export let openLogSteps: (
  dir: string | URL,
  options: OpenOptions | undefined,
  know: KnowSegments,
) => Steps<RecordLog>;

/**
 * Sets what a close does once all is synced, while the lock is held; it does not come to that on a poisoned handle, or where
 * that sync fails. It is given what checks that the lock is still in its place.
 */
export let beforeRelease: (log: RecordLog, steps: (requireInPlace: () => void) => Steps<void>) => void;

/** As `RecordLog.appendRecord`, of a key that is plain bytes already: for a view of the log, which has looked at it. */
export let appendKeyed: (log: RecordLog, type: RecordType, key: Bytes, payload: BytesLike) => AppendedRecord;

/**
 * Appends what `draw` adds, all or nothing or as a stream, as `RecordLog.appendGroup` and `appendMany` do. For a view of the
 * log, which takes it in piece by piece.
 *
 * @throws As those
 */
export let appendBatch: (log: RecordLog, isGroup: boolean, draw: Draw, listener: BatchListener) => void;

/**
 * An append-only log of records in a directory, open for writing. One process at a time holds it; readers need no lock.
 *
 * Written is not durable: when an append returns the kernel holds the record, and a killed process does not lose it;
 * a power cut may, until a {@link fsync} that was called after it resolves.
 */
export class RecordLog extends LogBase {
  static {
    requireWritable = (log) => void log.#writable();
    openLogSteps = (dir, options, know) => RecordLog.#openSteps(dir, options, know);
    beforeRelease = (log, steps) => {
      log.#writer.beforeRelease = () => steps(() => log.#lock.requireInPlace());
    };
    removeCompactedSteps = (log, segment, require) => log.#removeCompactedSteps(segment, require);
    appendKeyed = (log, type, key, payload) => log.#writable().append(type, key, payload);
    appendBatch = (log, isGroup, draw, listener) => {
      const writer = log.#writable();
      if (isGroup) writer.appendGroup(draw, listener);
      else writer.appendMany(draw, listener);
    };
    requireCompactable = (log) => {
      log.#lock.requireInPlace();
      requireMarkable(log.#log.store);
    };
  }

  readonly #log: OpenLog;
  readonly #lock: DirectoryLock;
  readonly #writer: LogWriter;
  #closing: Promise<void> | undefined;

  private constructor(store: Store, lock: DirectoryLock, ring: FrameRing, writer: LogWriter) {
    if (writer === undefined) throw madeByNew("RecordLog");
    const handles = new SegmentHandles(store, (segment) => writer.open(segment), undefined, ring);
    const log = new OpenLog(store, writer, handles);
    super(log);
    this.#log = log;
    this.#lock = lock;
    this.#writer = writer;
  }

  /**
   * Opens a log for writing, and repairs what a crash has torn.
   *
   * When it resolves, everything it found is durable: see {@link recoveryReport}. What a repair cuts off is kept in a
   * quarantine file beside the segment.
   *
   * @param dir The store's directory, a path or a `file:` URL; made, with its parents, where it is missing and `create` is
   * not false.
   * @throws RecordLogError ERR_DATAWAL_LOCKED, ERR_DATAWAL_STORE_NOT_FOUND, ERR_DATAWAL_STORE_NOT_A_DIRECTORY,
   * ERR_DATAWAL_SWAP_UNFINISHED, ERR_DATAWAL_SEGMENT_NOT_A_FILE, ERR_DATAWAL_SEGMENT_DAMAGED,
   * ERR_DATAWAL_NOT_A_SEGMENT, ERR_DATAWAL_FRAME_UNSUPPORTED, ERR_DATAWAL_STRICT_RECOVERY, ERR_DATAWAL_NO_SPACE,
   * ERR_DATAWAL_TAIL_TOO_LARGE, ERR_DATAWAL_JOURNAL_DAMAGED, ERR_DATAWAL_SEGMENT_CHANGED,
   * ERR_DATAWAL_SEGMENT_LINKED, ERR_DATAWAL_REPLACED, ERR_DATAWAL_STORE_IO: in each case no record was lost and the lock
   * is free again
   * @throws SafeatomicError ERR_DATAWAL_NO_LOCK_MEANS, ERR_DATAWAL_LOCK_FAILED, ERR_DATAWAL_NOT_A_FILE (`.lock` is none),
   * ERR_DATAWAL_NOT_A_DIRECTORY, ERR_DATAWAL_DANGLING_LINK (in the way to the store), ERR_DATAWAL_TEMPORARY_REPLACED,
   * ERR_DATAWAL_CHANGE_NOT_DURABLE (of the marker `removed-segments`)
   * @throws TypeError, RangeError ERR_DATAWAL_BAD_OPTION
   */
  static open(dir: string | URL, options?: OpenOptions): Promise<RecordLog> {
    return runAsync(RecordLog.#openSteps(dir, options), options);
  }

  /** As {@link open}, on this thread. */
  static openSync(dir: string | URL, options?: OpenOptions): RecordLog {
    return runSync(RecordLog.#openSteps(dir, options), options);
  }

  static *#openSteps(dir: string | URL, options?: OpenOptions, know?: KnowSegments): Steps<RecordLog> {
    const settings = checkOptions(dir, options);
    return yield* storeOperation("open", settings.directory, function* () {
      const { fileSystem, create } = settings;
      const directory = create
        ? yield* makeStoreDirectory(fileSystem, settings.directory)
        : findStoreDirectory(fileSystem, settings.directory);
      const lock = yield* lockStore(fileSystem, directory);
      try {
        const store = new Store(settings, directory);
        const recovered = yield* recover(settings, store, lock, know);
        const ring = new FrameRing(store.crc, settings.cacheBytes);
        const log = new RecordLog(store, lock, ring, new LogWriter(store, lock, ring, settings, recovered));
        tellRecovery(directory, recovered.report);
        return log;
      } catch (error) {
        lock.abandon();
        throw error;
      }
    });
  }

  /** By which means the lock is held: `fs-ext`, `flock`, ... */
  get lock(): string {
    return this.#lock.means;
  }

  /** The id of the segment that the next record goes to, unless it is full. */
  get activeSegment(): number {
    return this.#writer.activeSegment;
  }

  /** The txid of the last record; 0n where there is none. The next append gets this plus one. */
  get lastTxid(): bigint {
    return this.#writer.lastTxid;
  }

  /** Whether a write, sync or name operation has failed: reading goes on, writing needs a new handle. */
  get isPoisoned(): boolean {
    return this.#writer.poison.isLatched;
  }

  /**
   * Appends one Raw record.
   *
   * When it returns the kernel holds the record: a process kill does not lose it, a power cut may, until {@link fsync}
   * resolves.
   *
   * @param payload 0 to 64 MiB; in the kernel when this returns.
   * @returns Where the record lies, and its txid; valid as long as its segment exists.
   * @throws RecordLogError ERR_DATAWAL_APPEND_FAILED, ERR_DATAWAL_FSYNC_FAILED, ERR_DATAWAL_ROTATE_FAILED: the handle is
   * poisoned; ERR_DATAWAL_POISONED, ERR_DATAWAL_CLOSED, ERR_DATAWAL_REENTRANT, ERR_DATAWAL_TXID_LIMIT,
   * ERR_DATAWAL_REPLACED, ERR_DATAWAL_STORE_IO. In each case the record is not in the log
   * @throws TypeError ERR_DATAWAL_NOT_BYTES, ERR_DATAWAL_MALFORMED_STRING; RangeError ERR_DATAWAL_PAYLOAD_TOO_LARGE:
   * nothing was written
   */
  append(payload: BytesLike): AppendedRecord {
    return this.#writable().append(RecordType.Raw, NO_BYTES, payload);
  }

  /**
   * Appends one record of any type. As {@link append}.
   *
   * @param key 0 to 64 KiB.
   * @throws RangeError also ERR_DATAWAL_KEY_TOO_LARGE, ERR_DATAWAL_BAD_RECORD_TYPE, ERR_DATAWAL_RESERVED_KEY
   */
  appendRecord(type: RecordType, key: BytesLike, payload: BytesLike): AppendedRecord {
    return this.#writable().append(type, bytesOf(key, "key"), payload);
  }

  /**
   * Appends many records, up to 1 MiB by one write. Not a transaction: after a crash a prefix of them is there.
   *
   * @param inputs May read this log while it is drained; may not write to it.
   * @returns Where each record lies, in order.
   * @throws RecordLogError ERR_DATAWAL_BATCH_FAILED: `recordsAppended` says how many of them are in the log, `cause`
   * why the next one is not, and where that is ERR_DATAWAL_APPEND_FAILED opening the log again may find more of them;
   * ERR_DATAWAL_POISONED, ERR_DATAWAL_CLOSED, ERR_DATAWAL_REENTRANT: none is
   * @throws TypeError ERR_DATAWAL_BAD_RECORD: `inputs` is not an iterable of many
   */
  appendMany(inputs: Iterable<AppendInput>): AppendedRecord[] {
    return this.#appendAll(false, inputs);
  }

  /**
   * Appends records that are there together or not at all, for whoever reads the log, whatever happens: a kill, a power
   * cut, a full disk. It is one write into one segment, of a head that says what follows, and of the records; a single
   * one needs no head. Readers are shown the head, too: `decodeGroupHead` tells it. Programs that know no groups, as the Rust crate, see the records, and a Delete of a key that
   * never was; one that appends behind a part of a group keeps that part.
   *
   * @param inputs May read this log while it is drained; may not write to it.
   * @returns Where each record lies, in order.
   * @throws RangeError ERR_DATAWAL_GROUP_TOO_LARGE: their frames have more than 64 MiB; others as {@link appendRecord}, or
   * what `inputs` throws: nothing was written
   * @throws RecordLogError as {@link append}; TypeError ERR_DATAWAL_BAD_RECORD
   */
  appendGroup(inputs: Iterable<AppendInput>): AppendedRecord[] {
    return this.#appendAll(true, inputs);
  }

  #appendAll(isGroup: boolean, inputs: Iterable<AppendInput>): AppendedRecord[] {
    const appended = new AppendedRecords();
    appendBatch(this, isGroup, drawInputs(inputs), appended);
    return appended.records;
  }

  /**
   * Makes everything appended before this call durable, syncing off the main thread. Callers share syncs: a caller is
   * served by the first one submitted after its append. Without anything new it makes no system call.
   *
   * @throws RecordLogError ERR_DATAWAL_FSYNC_FAILED: nothing since the last success is known to be durable, the handle
   * is poisoned; ERR_DATAWAL_SEGMENT_CHANGED: another program has changed the active segment, the handle is
   * poisoned; ERR_DATAWAL_POISONED, ERR_DATAWAL_CLOSED, ERR_DATAWAL_REENTRANT
   */
  async fsync(): Promise<void> {
    await this.#writable().commit.fsync();
  }

  /** As {@link fsync}, on this thread. */
  fsyncSync(): void {
    this.#writable().commit.fsyncSync();
  }

  /**
   * Seals the active segment, durably, and begins the next one, its name durable; an active segment without a record stays
   * what it is. Records are synced off the main thread, the directory on it.
   *
   * @throws RecordLogError ERR_DATAWAL_SEGMENT_ID_LIMIT (no segment was made), ERR_DATAWAL_FSYNC_FAILED,
   * ERR_DATAWAL_ROTATE_FAILED, ERR_DATAWAL_SEGMENT_CHANGED (the handle is poisoned), ERR_DATAWAL_REPLACED,
   * ERR_DATAWAL_POISONED, ERR_DATAWAL_CLOSED, ERR_DATAWAL_REENTRANT, ERR_DATAWAL_STORE_IO
   */
  async rotate(): Promise<void> {
    await this.#writable().commit.fsync();
    this.#writable().rotate();
  }

  /** As {@link rotate}, on this thread. */
  rotateSync(): void {
    this.#writable().rotate();
  }

  /**
   * Removes sealed segments before `segment`: what a snapshot has made superfluous. The newest segment that holds a
   * record stays, whatever is asked. An abort keeps those not yet removed.
   *
   * @param segment An id, existing or not.
   * @returns The ids removed. Their absence is durable, and so is what is left.
   * @throws RecordLogError ERR_DATAWAL_FSYNC_FAILED, ERR_DATAWAL_DROP_FAILED, ERR_DATAWAL_SEGMENT_CHANGED
   * (the handle is poisoned), ERR_DATAWAL_REPLACED, ERR_DATAWAL_POISONED, ERR_DATAWAL_CLOSED,
   * ERR_DATAWAL_REENTRANT (also while another one runs), ERR_DATAWAL_STORE_IO
   * @throws RangeError, TypeError ERR_DATAWAL_BAD_OPTION
   */
  dropSegmentsBefore(segment: number, options?: LongOperationOptions): Promise<number[]> {
    return this.#log.operations.run(this.#dropSteps(segment, options), options);
  }

  /** As {@link dropSegmentsBefore}, on this thread. */
  dropSegmentsBeforeSync(segment: number, options?: LongOperationOptions): number[] {
    return runSync(this.#dropSteps(segment, options), options);
  }

  *#dropSteps(segment: number, options?: LongOperationOptions): Steps<number[]> {
    requireKnownOptions(options, LONG_OPERATION_OPTIONS);
    if (!Number.isSafeInteger(segment))
      throw badOption("segment", "an id, a whole number", segment, RangeError);
    return yield* storeOperation("drop segments of", this.dir, () =>
      this.#writable().dropSegmentsBefore(segment, (dropped) => {
        this.#log.requireOpen();
        this.#log.handles.forget(dropped);
      }),
    );
  }

  #removeCompactedSteps(segment: number, require: () => void): Steps<void> {
    return this.#writable().removeCompacted(segment, () => {
      this.#log.requireOpen();
      require();
      this.#log.handles.forget(segment);
    });
  }

  /**
   * Closes the log: refuses new writes at once, ends long operations with ERR_DATAWAL_CLOSED, syncs what is not synced
   * (unless poisoned), and releases the lock. Idempotent: a further call waits for the first, which alone is told of a
   * failure. An asynchronous open of this process waits for it.
   *
   * @throws RecordLogError ERR_DATAWAL_FSYNC_FAILED, ERR_DATAWAL_SEGMENT_CHANGED, ERR_DATAWAL_STORE_IO,
   * ERR_DATAWAL_POISONED (a sync that nobody waited for has failed, and no call has told it yet): the log is closed and the lock released all the same; ERR_DATAWAL_REENTRANT: it is not, since an
   * iterable handed to it is being drained
   */
  override async close(): Promise<void> {
    if (this.#beginClose()) {
      this.#closing = this.#finishClose();
      this.#lock.announceRelease(this.#closing);
      await this.#closing;
    } else {
      await this.#closing?.catch(() => undefined);
    }
  }

  /** As {@link close}, on this thread. Waits neither for a {@link close} under way nor for operations that it ends. */
  override closeSync(): void {
    if (!this.#beginClose()) return;
    try {
      this.#log.handles.close();
    } finally {
      this.#writer.finishCloseSync();
    }
  }

  #beginClose(): boolean {
    if (this.#log.isClosed) return false;
    this.#writer.requireNotDraining();
    this.#log.end();
    return true;
  }

  async #finishClose(): Promise<void> {
    await this.#log.operations.settled();
    try {
      this.#log.handles.close();
    } finally {
      await this.#writer.finishClose();
    }
  }

  /** @throws RecordLogError ERR_DATAWAL_CLOSED, ERR_DATAWAL_POISONED, ERR_DATAWAL_REENTRANT */
  #writable(): LogWriter {
    this.#log.requireOpen();
    this.#writer.requireWritable();
    return this.#writer;
  }
}

namePublicClass(RecordLog, "RecordLog");

/** A swap may have moved the store away since it was found; once the lock is taken, none can. */
function* lockStore(fileSystem: FileSystem, directory: string): Steps<DirectoryLock> {
  let lock: DirectoryLock | undefined;
  try {
    lock = yield* DirectoryLock.take(fileSystem, directory);
    findStoreDirectory(fileSystem, directory);
    return lock;
  } catch (error) {
    lock?.abandon();
    if (errnoOf(error) === "ENOENT") findStoreDirectory(fileSystem, directory);
    throw error;
  }
}
