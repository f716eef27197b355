import {
  type BytesLike,
  checkRecordLimits,
  checkRecordType,
  type RecordType,
  recordWireSize,
  toBytes,
} from "@datawal/format";
import { type FileSystem, fsyncDirectorySteps, runSync, type Steps } from "@datawal/safeatomic";
import { ActiveSegment, type CheckedRecord } from "./active-segment.js";
import type { DirectoryLock } from "./directory-lock.js";
import { FrameBatch } from "./frame-batch.js";
import { GroupCommit } from "./group-commit.js";
import type { AppendedRecord } from "./log-record.js";
import type { StoreSettings } from "./open-options.js";
import { Poison } from "./poison.js";
import { RecordLogError } from "./record-log-error.js";
import type { RecoveredLog } from "./recovery/recover.js";
import { formatSyncNote } from "./recovery/sync-note.js";
import { segmentPath } from "./segment-list.js";
import { SEGMENT_ID_MAX } from "./store-names.js";

/** The largest txid that is written: 2^64 - 1 would leave none for the next record (R12). */
const TXID_MAX = 0xffff_ffff_ffff_fffen;

/** The writing half of a log: the active segment, its syncs, its successors, and the latch that a failure closes. */
export class LogWriter {
  readonly directory: string;
  readonly poison: Poison;
  /** Ids in ascending order; the last one is active. */
  readonly segments: number[];
  /** The largest txid of the log; 0 without a record. */
  lastTxid: bigint;

  readonly #settings: StoreSettings;
  readonly #fileSystem: FileSystem;
  readonly #lock: DirectoryLock;
  #active: ActiveSegment;
  #commit: GroupCommit;
  #isClosed = false;
  /** Whether a caller's iterable is being drained: it may read this log, not write to it (R15). */
  #isDraining = false;
  /** Resolves when the syncs that sealed segments still had in flight are over, and their descriptors closed. */
  #retired: Promise<unknown> = Promise.resolve();

  constructor(settings: StoreSettings, directory: string, lock: DirectoryLock, recovered: RecoveredLog) {
    this.directory = directory;
    this.poison = new Poison(directory);
    this.segments = recovered.segments;
    this.lastTxid = recovered.report.lastTxidSeen;
    this.#settings = settings;
    this.#fileSystem = settings.fileSystem;
    this.#lock = lock;
    this.#active = this.#openSegment(recovered.segments.at(-1)!, recovered.activeSize);
    this.#commit = this.#commitOf(this.#active);
  }

  get activeSegment(): number {
    return this.#active.segment;
  }

  /** Bytes of the active segment. */
  get activeSize(): number {
    return this.#active.size;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  append(type: RecordType, key: BytesLike, payload: BytesLike): AppendedRecord {
    this.#requireWritable();
    const record = checkRecord(type, key, payload, this.#nextTxid());
    this.#rotateIfFull(recordWireSize(record.key.length, record.payload.length));
    const { segment, size: offset } = this.#active;
    const len = this.#write(() => this.#active.append(record));
    this.lastTxid = record.txid;
    this.#commit.startIfDue();
    return { segment, offset, len, txid: record.txid };
  }

  /** Appends what `inputs` yields, up to 8 MiB by one write. */
  appendMany(inputs: Iterable<{ type: RecordType; key: BytesLike; payload: BytesLike }>): AppendedRecord[] {
    this.#requireWritable();
    const appended: AppendedRecord[] = [];
    const batch = new FrameBatch(this.#settings.crc, this.#settings.segmentBytesMax);
    this.#isDraining = true;
    try {
      for (const { type, key, payload } of inputs) {
        const record = checkRecord(type, key, payload, this.#nextTxid(batch.count));
        if (!batch.hasRoomFor(recordWireSize(record.key.length, record.payload.length)))
          this.#flush(batch, appended);
        batch.add(record);
      }
      this.#flush(batch, appended);
    } catch (error) {
      throw batchFailed(error, appended);
    } finally {
      this.#isDraining = false;
    }
    return appended;
  }

  fsync(): Promise<void> {
    this.#requireWritable();
    return this.#commit.fsync();
  }

  fsyncSync(): void {
    this.#requireWritable();
    this.#commit.fsyncSync();
  }

  /** Seals the active segment and begins the next one (R3). */
  rotateSync(): void {
    this.#requireWritable();
    this.#rotate();
  }

  #rotate(): void {
    const sealed = this.#active;
    const sealedCommit = this.#commit;
    const next = sealed.segment + 1;
    if (next > SEGMENT_ID_MAX) throw segmentIdLimit(sealed.path, next);
    this.#lock.requireInPlace();
    sealedCommit.fsyncSync();
    this.#beginSegment(next);
    this.#retire(sealed, sealedCommit);
    this.#noteSynced(0);
  }

  /**
   * Removes sealed segments before `segment`, oldest first, each removal durable before the next: unsynced removals
   * may survive a power cut in any subset, and a hole in the middle must not. The newest segment that holds a record
   * stays, or txids would begin again (R14).
   */
  *dropSegmentsBefore(segment: number, onDropped: (segment: number) => void): Steps<number[]> {
    const dropped: number[] = [];
    const end = Math.min(segment, this.#newestWithRecords());
    for (let oldest = this.segments[0]!; oldest < end; oldest = this.segments[0]!) {
      this.#requireWritable();
      this.#lock.requireInPlace();
      yield* this.#drop(oldest);
      onDropped(oldest);
      dropped.push(oldest);
      yield { kind: "progress", bytesDone: dropped.length, bytesTotal: dropped.length };
    }
    return dropped;
  }

  /** Refuses new mutations at once; the rest of closing may take its time. */
  beginClose(): void {
    if (this.#isDraining) throw reentrant(this.directory);
    this.#isClosed = true;
  }

  /** Syncs what is not synced, answers whoever waits, and releases the lock even if that fails (R13). */
  async finishClose(): Promise<void> {
    try {
      if (!this.poison.isLatched) await this.#commit.fsync();
    } finally {
      await this.#commit.whenIdle();
      await this.#retired;
      this.#release();
    }
  }

  finishCloseSync(): void {
    try {
      if (!this.poison.isLatched) this.#commit.fsyncSync();
    } finally {
      this.#release();
    }
  }

  #openSegment(segment: number, size: number): ActiveSegment {
    return new ActiveSegment(this.#fileSystem, this.directory, segment, size, this.#settings.crc);
  }

  #commitOf(active: ActiveSegment): GroupCommit {
    return new GroupCommit(active, active.size, this.poison, (size) => this.#noteSynced(size));
  }

  #noteSynced(size: number): void {
    const { segment, inode } = this.#active;
    this.#lock.writeNote(formatSyncNote({ segment, size, inode }, this.#settings.crc));
  }

  /** @throws RecordLogError ERR_DATAWAL_CLOSED, ERR_DATAWAL_POISONED, ERR_DATAWAL_REENTRANT */
  #requireWritable(): void {
    this.#requireOpen();
    if (this.#isDraining) throw reentrant(this.directory);
  }

  #requireOpen(): void {
    if (this.#isClosed) throw closedError(this.directory);
    this.poison.check();
  }

  /** @param ahead records that will be written before this one. */
  #nextTxid(ahead = 0): bigint {
    const txid = this.lastTxid + 1n + BigInt(ahead);
    if (txid <= TXID_MAX) return txid;
    const message = `${this.directory}: expected a txid of at most ${TXID_MAX}, the next one is ${txid}; nothing was written: compact the store into a new one, where txids begin again`;
    throw new RecordLogError("ERR_DATAWAL_TXID_LIMIT", message, { path: this.directory });
  }

  /** By size, at the id limit not at all: appending goes on in the last segment. */
  #rotateIfFull(byteCount: number): void {
    const { segment, size } = this.#active;
    if (size > 0 && size + byteCount > this.#settings.segmentBytesMax && segment < SEGMENT_ID_MAX)
      this.#rotate();
  }

  #flush(batch: FrameBatch, appended: AppendedRecord[]): void {
    if (batch.count === 0) return;
    this.#requireOpen();
    this.#rotateIfFull(batch.bytes.length);
    const { segment } = this.#active;
    let { size: offset } = this.#active;
    this.#write(() => this.#active.appendFrames(batch.bytes));
    for (const len of batch.frameLens) {
      this.lastTxid++;
      appended.push({ segment, offset, len, txid: this.lastTxid });
      offset += len;
    }
    batch.clear();
    this.#commit.startIfDue();
  }

  #write<T>(write: () => T): T {
    try {
      return write();
    } catch (cause) {
      this.poison.latch("append_record write_all failed", cause);
      const { path, segment } = this.#active;
      throw new RecordLogError(
        "ERR_DATAWAL_APPEND_FAILED",
        `datawal: write_all to segment ${path}: expected the file to take the record, it did not; the record is not in the log: close this handle, see the cause, open again`,
        { path, segment },
        cause,
      );
    }
  }

  #beginSegment(segment: number): void {
    const path = segmentPath(this.directory, segment);
    let reason = "rotate create new segment failed";
    try {
      this.#fileSystem.open(path, "create").close();
      reason = "rotate fsync_dir after segment create failed";
      runSync(fsyncDirectorySteps(this.#fileSystem, this.directory));
      reason = "rotate open new active segment failed";
      this.#active = this.#openSegment(segment, 0);
    } catch (cause) {
      this.poison.latch(reason, cause);
      throw new RecordLogError(
        "ERR_DATAWAL_ROTATE_FAILED",
        `datawal: ${reason}: ${path}: expected a new segment, the file system refused; what was appended before is durable: close this handle, see the cause, open again`,
        { path, segment },
        cause,
      );
    }
    this.segments.push(segment);
    this.#commit = this.#commitOf(this.#active);
  }

  /** Closes a segment that is no longer active, once no sync of it is in flight. */
  #retire(sealed: ActiveSegment, commit: GroupCommit): void {
    if (commit.isIdle) sealed.close();
    else this.#retired = Promise.all([this.#retired, commit.whenIdle().then(() => sealed.close())]);
  }

  #newestWithRecords(): number {
    if (this.#active.size > 0) return this.#active.segment;
    const hasRecords = (id: number) => this.#fileSystem.stat(segmentPath(this.directory, id))?.size !== 0;
    return this.segments.slice(0, -1).findLast(hasRecords) ?? this.#active.segment;
  }

  *#drop(segment: number): Steps<void> {
    const path = segmentPath(this.directory, segment);
    try {
      this.#fileSystem.removeFile(path);
      this.segments.shift();
      yield* fsyncDirectorySteps(this.#fileSystem, this.directory);
    } catch (cause) {
      this.poison.latch("drop segment failed", cause);
      throw new RecordLogError(
        "ERR_DATAWAL_DROP_FAILED",
        `${path}: expected the segment to be removed, the file system refused; the segments behind it are untouched: close this handle, see the cause, open again`,
        { path, segment },
        cause,
      );
    }
  }

  #release(): void {
    try {
      this.#retire(this.#active, this.#commit);
    } finally {
      this.#lock.release();
    }
  }
}

function checkRecord(type: RecordType, key: BytesLike, payload: BytesLike, txid: bigint): CheckedRecord {
  const record = { type, txid, key: toBytes(key, "key"), payload: toBytes(payload, "payload") };
  checkRecordType(type);
  checkRecordLimits(record.key.length, record.payload.length);
  return record;
}

export function closedError(path: string): RecordLogError {
  return new RecordLogError(
    "ERR_DATAWAL_CLOSED",
    `${path}: expected an open handle, this one is closed; open the store again`,
    { path },
  );
}

function reentrant(path: string): RecordLogError {
  const message = `${path}: expected no write while an iterable handed to this handle is being drained; append after the call has returned`;
  return new RecordLogError("ERR_DATAWAL_REENTRANT", message, { path });
}

function batchFailed(cause: unknown, appended: readonly AppendedRecord[]): RecordLogError {
  const recordsAppended = appended.length;
  const message = `datawal: the batch stopped after ${recordsAppended} appended records, for the reason given as cause; nothing behind these was written: go on from there`;
  return new RecordLogError("ERR_DATAWAL_BATCH_FAILED", message, { recordsAppended, appended }, cause);
}

function segmentIdLimit(path: string, segment: number): RecordLogError {
  const message = `${path}: expected an id of at most ${SEGMENT_ID_MAX} for the next segment, found ${segment}: names have eight digits; nothing was written: compact the store into a new one`;
  return new RecordLogError("ERR_DATAWAL_SEGMENT_ID_LIMIT", message, { path, segment });
}
