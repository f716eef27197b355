import { type BytesLike, type RecordType, recordWireSize } from "@datawal/format";
import type { Steps } from "@datawal/safeatomic";
import type { AppendedRecord } from "../log-record.js";
import type { StoreSettings } from "../open-options.js";
import { closedError, RecordLogError, storeIoError } from "../record-log-error.js";
import type { RecoveredLog } from "../repair/recover.js";
import { closeAll } from "../store/close-all.js";
import type { DirectoryLock } from "../store/directory-lock.js";
import { type AppendInput, checkInput, checkInputs, checkRecord } from "./append-input.js";
import { dropSegments } from "./drop-segments.js";
import { FrameBatch } from "./frame-batch.js";
import { Poison } from "./poison.js";
import { SegmentRotation } from "./segment-rotation.js";
import type { WritableStore } from "./writable-store.js";

/** The largest txid that is written: 2^64 - 1 would leave none for the next record (R12). */
const TXID_MAX = 0xffff_ffff_ffff_fffen;

/** The writing half of a log: what may be written when, in which order, and under which txids. */
export class LogWriter {
  readonly directory: string;
  readonly poison: Poison;
  /** The largest txid of the log; 0 without a record. */
  lastTxid: bigint;

  readonly #store: WritableStore;
  readonly #segments: SegmentRotation;
  readonly #batch: FrameBatch;
  #isClosed = false;
  /** Whether a caller's iterable is being drained: it may read this log, not write to it (R15). */
  #isDraining = false;
  #isDropping = false;

  constructor(settings: StoreSettings, directory: string, lock: DirectoryLock, recovered: RecoveredLog) {
    this.directory = directory;
    this.poison = new Poison(directory);
    this.lastTxid = recovered.report.lastTxidSeen;
    this.#store = { settings, directory, lock, poison: this.poison };
    this.#segments = new SegmentRotation(this.#store, recovered);
    this.#batch = new FrameBatch(settings.crc, settings.segmentBytesMax);
  }

  /** Ids in ascending order; the last one is active. */
  get segments(): readonly number[] {
    return this.#segments.ids;
  }

  get activeSegment(): number {
    return this.#segments.active.segment;
  }

  /** Bytes of the active segment. */
  get activeSize(): number {
    return this.#segments.active.size;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  append(type: RecordType, key: BytesLike, payload: BytesLike): AppendedRecord {
    this.#requireWritable();
    const txid = this.#txidAfter(this.lastTxid);
    const record = checkRecord(type, txid, key, payload);
    const len = recordWireSize(record.key.length, record.payload.length);
    this.#segments.rotateIfFull(len);
    const { active } = this.#segments;
    const { segment, size: offset } = active;
    try {
      active.append(record, len);
    } catch (cause) {
      throw this.#appendFailed(cause);
    }
    this.lastTxid = txid;
    this.#segments.syncIfBehind();
    return { segment, offset, len, txid };
  }

  /** Appends what `inputs` yields, up to 8 MiB by one write. */
  appendMany(inputs: Iterable<AppendInput>): AppendedRecord[] {
    checkInputs(inputs);
    this.#requireWritable();
    const appended: AppendedRecord[] = [];
    this.#isDraining = true;
    try {
      this.#drain(inputs, appended);
    } catch (error) {
      throw batchFailed(error, appended);
    } finally {
      this.#batch.clear();
      this.#isDraining = false;
    }
    return appended;
  }

  fsync(): Promise<void> {
    this.#requireWritable();
    return this.#segments.commit.fsync();
  }

  fsyncSync(): void {
    this.#requireWritable();
    this.#segments.commit.fsyncSync();
  }

  /** Seals the active segment and begins the next one (R3). */
  rotateSync(): void {
    this.#requireWritable();
    this.#segments.rotate();
  }

  /**
   * Removes sealed segments before `end` (R14). Only one such operation at a time: two would have removals unsynced
   * together.
   *
   * @param onDrop Called before each removal.
   */
  *dropSegmentsBefore(end: number, onDrop: (segment: number) => void): Steps<number[]> {
    this.#requireWritable();
    if (this.#isDropping) throw dropRunning(this.directory);
    this.#isDropping = true;
    try {
      return yield* dropSegments(this.#store, this.#segments, end, (segment) => {
        this.#requireWritable();
        onDrop(segment);
      });
    } finally {
      this.#isDropping = false;
    }
  }

  /** Refuses new mutations at once; the rest of closing may take its time. */
  beginClose(): void {
    if (this.#isDraining) throw draining(this.directory);
    this.#isClosed = true;
  }

  /** Syncs what is not synced, answers whoever waits, and releases the lock even if that fails (R13). */
  async finishClose(): Promise<void> {
    try {
      if (!this.poison.isLatched) {
        await this.#segments.commit.fsync();
        this.#segments.commit.requireUntouched();
      }
    } finally {
      await this.#segments.whenIdle();
      this.#release();
    }
  }

  finishCloseSync(): void {
    try {
      if (!this.poison.isLatched) {
        this.#segments.commit.fsyncSync();
        this.#segments.commit.requireUntouched();
      }
    } finally {
      this.#release();
    }
  }

  /** @throws RecordLogError ERR_DATAWAL_CLOSED, ERR_DATAWAL_POISONED, ERR_DATAWAL_REENTRANT */
  #requireWritable(): void {
    if (this.#isClosed) throw closedError(this.directory);
    this.poison.check();
    if (this.#isDraining) throw draining(this.directory);
  }

  #txidAfter(txid: bigint): bigint {
    if (txid < TXID_MAX) return txid + 1n;
    const message = `${this.directory}: expected a txid of at most ${TXID_MAX}, the next one is ${txid + 1n}; nothing was written: compact the store into a new one, where txids begin again`;
    throw new RecordLogError("ERR_DATAWAL_TXID_LIMIT", message, { path: this.directory });
  }

  #drain(inputs: Iterable<AppendInput>, appended: AppendedRecord[]): void {
    let txid = this.lastTxid;
    for (const input of inputs) {
      txid = this.#txidAfter(txid);
      const record = checkInput(input, txid);
      const len = recordWireSize(record.key.length, record.payload.length);
      if (!this.#batch.hasRoomFor(len)) this.#flush(appended);
      this.#batch.add(record, len);
    }
    this.#flush(appended);
  }

  #flush(appended: AppendedRecord[]): void {
    const { bytes, frames } = this.#batch;
    if (bytes.length === 0) return;
    this.#segments.rotateIfFull(bytes.length);
    const { active } = this.#segments;
    const { segment, size } = active;
    try {
      active.appendFrames(bytes);
    } catch (cause) {
      throw this.#appendFailed(cause);
    }
    for (const frame of frames) {
      frame.segment = segment;
      frame.offset += size;
      appended.push(frame);
    }
    this.lastTxid = frames.at(-1)!.txid;
    this.#batch.clear();
    this.#segments.syncIfBehind();
  }

  /** Latches the poison: how much of the write the file took is not known. */
  #appendFailed(cause: unknown): RecordLogError {
    this.poison.latch("append_record write_all failed", cause);
    const { path, segment } = this.#segments.active;
    return new RecordLogError(
      "ERR_DATAWAL_APPEND_FAILED",
      `datawal: write_all to segment ${path}: expected the file to take the record, it did not; the record is not in the log: close this handle, see the cause, open again`,
      { path, segment },
      cause,
    );
  }

  #release(): void {
    try {
      closeAll([this.#segments, { close: () => this.#store.lock.release() }]);
    } catch (error) {
      throw storeIoError(error, "close", this.directory);
    }
  }
}

function draining(path: string): RecordLogError {
  const message = `${path}: expected no write while an iterable handed to this handle is being drained; append after the call has returned`;
  return new RecordLogError("ERR_DATAWAL_REENTRANT", message, { path });
}

function dropRunning(path: string): RecordLogError {
  const message = `${path}: expected no other dropSegmentsBefore under way; await it, then call again`;
  return new RecordLogError("ERR_DATAWAL_REENTRANT", message, { path });
}

function batchFailed(cause: unknown, appended: readonly AppendedRecord[]): RecordLogError {
  const recordsAppended = appended.length;
  const message = `datawal: the batch stopped after ${recordsAppended} appended records, for the reason given as cause; the others are not in the log, but where it was a write that failed a beginning of them may be there when it is opened again: see the cause, then go on from there`;
  return new RecordLogError("ERR_DATAWAL_BATCH_FAILED", message, { recordsAppended, appended }, cause);
}
