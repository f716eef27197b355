import { type BytesLike, GROUP_BYTES_MAX, type RecordType, recordWireSize } from "@datawal/format";
import type { OpenFile } from "@datawal/safeatomic";
import type { Steps } from "@datawal/safeatomic/internal";
import { tellAppend } from "../events.js";
import type { RecoveryReport } from "../inspect/report.js";
import type { AppendedRecord } from "../log-record.js";
import { RecordLogError, storeIoError, withCode } from "../record-log-error.js";
import type { RecoveredLog } from "../repair/recover.js";
import { closeAll } from "../store/close-all.js";
import type { DirectoryLock } from "../store/directory-lock.js";
import type { Store } from "../store/store.js";
import { type AppendInput, checkInput, checkInputs, checkRecord } from "./append-input.js";
import { dropSegments } from "./drop-segments.js";
import { FrameBatch } from "./frame-batch.js";
import type { GroupCommit } from "./group-commit.js";
import { Poison } from "./poison.js";
import { removeCompacted } from "./remove-compacted.js";
import { SegmentRotation, type WriteSettings } from "./segment-rotation.js";

/** The largest txid that is written: 2^64 - 1 would leave none for the next record (R12). */
const LAST_WRITABLE_TXID = 0xffff_ffff_ffff_fffen;

/** The writing half of a log: what may be written when, in which order, and under which txids. */
export class LogWriter {
  readonly report: RecoveryReport;
  readonly poison: Poison;
  /** The largest txid of the log; 0 without a record. */
  lastTxid: bigint;

  readonly #store: Store;
  readonly #lock: DirectoryLock;
  readonly #segments: SegmentRotation;
  readonly #batch: FrameBatch;
  /** Whether a caller's iterable is being drained: it may read this log, not write to it (R15). */
  #isDraining = false;
  #isDropping = false;

  constructor(store: Store, lock: DirectoryLock, settings: WriteSettings, recovered: RecoveredLog) {
    this.report = recovered.report;
    this.poison = new Poison(store.directory);
    this.lastTxid = recovered.report.lastTxidSeen;
    this.#store = store;
    this.#lock = lock;
    this.#segments = new SegmentRotation(store, lock, this.poison, settings, recovered);
    this.#batch = new FrameBatch(store.crc, settings.segmentBytesMax);
  }

  /** Ids in ascending order; the last one is active. */
  get segments(): readonly number[] {
    return this.#segments.ids;
  }

  get activeSegment(): number {
    return this.#segments.active.segment;
  }

  /** The syncs of the active segment. */
  get commit(): GroupCommit {
    return this.#segments.commit;
  }

  /** Bytes of the active segment's valid prefix; of a sealed one all bytes are to be valid. */
  validEnd(segment: number): number | undefined {
    const { active } = this.#segments;
    return segment === active.segment ? active.size : undefined;
  }

  /** Opens a segment for reading. */
  open(segment: number): OpenFile {
    return this.#store.fileSystem.open(this.#store.path(segment), "read");
  }

  append(type: RecordType, key: BytesLike, payload: BytesLike): AppendedRecord {
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
    tellAppend(this.#store.directory, segment, 1, len);
    this.#segments.syncIfBehind();
    return { segment, offset, len, txid };
  }

  /** Appends what `inputs` yields, up to 8 MiB by one write. */
  appendMany(inputs: Iterable<AppendInput>): AppendedRecord[] {
    checkInputs(inputs);
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

  /** Appends what `inputs` yields as a group, by one write (R20). */
  appendGroup(inputs: Iterable<AppendInput>): AppendedRecord[] {
    checkInputs(inputs);
    const appended: AppendedRecord[] = [];
    this.#isDraining = true;
    try {
      const count = this.#drawGroup(inputs);
      if (count === 1) this.#batch.renumber(this.lastTxid + 1n);
      if (count > 1) this.#batch.addHead(this.lastTxid + 1n);
      this.#flush(appended);
      return appended;
    } finally {
      this.#batch.clear();
      this.#isDraining = false;
    }
  }

  /** Seals the active segment, unless it is empty, and begins the next one (R3). */
  rotate(): void {
    if (this.#segments.active.size > 0) this.#segments.rotate();
  }

  /**
   * Removes sealed segments before `end` (R14). Only one such operation at a time: two would have removals unsynced
   * together.
   *
   * @param onDrop Called before each removal.
   */
  *dropSegmentsBefore(end: number, onDrop: (segment: number) => void): Steps<number[]> {
    if (this.#isDropping) throw dropRunning(this.#store.directory);
    this.#isDropping = true;
    try {
      return yield* dropSegments(this.#segments, end, (segment) => {
        onDrop(segment);
        this.requireWritable();
      });
    } finally {
      this.#isDropping = false;
    }
  }

  /** Removes a sealed segment that was compacted (R17). @param require Called behind each wait. */
  removeCompacted(segment: number, require: () => void): Steps<void> {
    return removeCompacted(this.#segments, segment, () => {
      this.requireWritable();
      require();
    });
  }

  /** @throws RecordLogError ERR_DATAWAL_POISONED, ERR_DATAWAL_REENTRANT */
  requireWritable(): void {
    this.poison.check();
    this.requireNotDraining();
  }

  /** @throws RecordLogError ERR_DATAWAL_REENTRANT */
  requireNotDraining(): void {
    if (this.#isDraining) throw draining(this.#store.directory);
  }

  /** Syncs what is not synced, answers whoever waits, and releases the lock even if that fails (R13). */
  async finishClose(): Promise<void> {
    try {
      if (!this.poison.isLatched) {
        await this.#segments.commit.fsync();
        this.#segments.commit.requireUntouched();
      }
      // One of nobody's may fail until then.
      await this.#segments.whenIdle();
      if (this.poison.isUntold) throw this.poison.error();
    } finally {
      await this.#segments.whenIdle();
      this.#release();
    }
  }

  finishCloseSync(): void {
    try {
      if (this.poison.isUntold) throw this.poison.error();
      if (!this.poison.isLatched) {
        this.#segments.commit.fsyncSync();
        this.#segments.commit.requireUntouched();
      }
    } finally {
      this.#release();
    }
  }

  #txidAfter(txid: bigint): bigint {
    if (txid < LAST_WRITABLE_TXID) return txid + 1n;
    const { directory } = this.#store;
    const message = `${directory}: expected a txid of at most ${LAST_WRITABLE_TXID}, the next one is ${txid + 1n}; nothing was written: compact the store into a new one, where txids begin again`;
    throw new RecordLogError("ERR_DATAWAL_TXID_LIMIT", message, { path: directory });
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
    tellAppend(this.#store.directory, segment, frames.length, bytes.length);
    this.#batch.clear();
    this.#segments.syncIfBehind();
  }

  /** Encodes the records of a group, whose head has the next txid; returns how many. */
  #drawGroup(inputs: Iterable<AppendInput>): number {
    let txid = this.#txidAfter(this.lastTxid);
    for (const input of inputs) {
      txid = this.#txidAfter(txid + 1n);
      const record = checkInput(input, txid);
      const len = recordWireSize(record.key.length, record.payload.length);
      const byteCount = this.#batch.byteCount + len;
      if (byteCount > GROUP_BYTES_MAX) throw groupTooLarge(byteCount);
      this.#batch.add(record, len);
    }
    return this.#batch.frames.length;
  }

  /** Latches the poison: how much of the write the file took is not known. */
  #appendFailed(cause: unknown): RecordLogError {
    this.poison.latch("append_record write_all failed", cause);
    const { path, segment } = this.#segments.active;
    const message = `datawal: write_all to segment ${path}: expected the file to take the record, it did not; the record is not in the log: close this handle, see the cause, open again`;
    return new RecordLogError("ERR_DATAWAL_APPEND_FAILED", message, { path, segment }, cause);
  }

  #release(): void {
    try {
      closeAll([this.#segments, { close: () => this.#lock.release() }]);
    } catch (error) {
      throw storeIoError(error, "close", this.#store.directory);
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

function groupTooLarge(bytes: number): RangeError {
  const bytesMax = GROUP_BYTES_MAX;
  const message = `datawal: expected a group of at most ${bytesMax} bytes, found ${bytes} and perhaps more; nothing was written: make it several groups, or use appendMany or putMany, which are streams and may end half way`;
  return withCode(new RangeError(message), "ERR_DATAWAL_GROUP_TOO_LARGE", { bytes, bytesMax });
}

function batchFailed(cause: unknown, appended: readonly AppendedRecord[]): RecordLogError {
  const recordsAppended = appended.length;
  const message = `datawal: expected to append all that was given, stopped after ${recordsAppended} records, for the reason given as cause; the others are not in the log, but where it was a write that failed a beginning of them may be there when it is opened again: see the cause, then go on from there`;
  return new RecordLogError("ERR_DATAWAL_BATCH_FAILED", message, { recordsAppended, appended }, cause);
}
