import { type BytesLike, CRC_LEN, GROUP_BYTES_MAX, type RecordType, recordWireSize } from "@datawal/format";
import {
  type CheckedRecord,
  encodeCheckedInto,
  encodeGroupHeadInto,
  groupHeadWireSize,
  renumber,
} from "@datawal/format/internal";
import type { OpenFile } from "@datawal/safeatomic";
import { runAsync, runSync, type Steps } from "@datawal/safeatomic/internal";
import { tellAppend } from "../events.js";
import type { RecoveryReport } from "../inspect/report.js";
import type { AppendedRecord } from "../log-record.js";
import { RecordLogError, storeIoError, withCode } from "../record-log-error.js";
import type { RecoveredLog } from "../repair/recover.js";
import { closeAll } from "../store/close-all.js";
import type { DirectoryLock } from "../store/directory-lock.js";
import type { FrameRange, FrameRing } from "../store/frame-ring.js";
import type { Store } from "../store/store.js";
import { checkRecord } from "./append-input.js";
import type { BatchListener, Draw } from "./batch.js";
import { dropSegments } from "./drop-segments.js";
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

  /** What a close does once all is synced, while the lock is held. */
  beforeRelease: (() => Steps<void>) | undefined;

  readonly #store: Store;
  readonly #lock: DirectoryLock;
  readonly #segments: SegmentRotation;
  readonly #ring: FrameRing;
  readonly #pieceBytesMax: number;
  /** Records pending in the ring, and the txid of the last one, or the one before the first. */
  #pending = 0;
  #pendingTxid = 0n;
  /** Whether a caller's iterable is being drained: it may read this log, not write to it (R15). */
  #isDraining = false;
  #isDropping = false;

  /** @param ring Where frames are encoded, and what is written of them may be found. */
  constructor(
    store: Store,
    lock: DirectoryLock,
    ring: FrameRing,
    settings: WriteSettings,
    recovered: RecoveredLog,
  ) {
    this.report = recovered.report;
    this.poison = new Poison(store.directory);
    this.lastTxid = recovered.report.lastTxidSeen;
    this.#store = store;
    this.#lock = lock;
    this.#segments = new SegmentRotation(store, lock, this.poison, ring, settings, recovered);
    this.#ring = ring;
    this.#pieceBytesMax = Math.min(ring.pendingBytesMax, settings.segmentBytesMax);
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

  /** @param key As `bytesOf` gives it. */
  append(type: RecordType, key: Uint8Array, payload: BytesLike): AppendedRecord {
    const txid = this.#txidAfter(this.lastTxid);
    const record = checkRecord(type, txid, key, payload);
    const len = recordWireSize(record.key.length, record.payload.length);
    this.#segments.rotateIfFull(len);
    const { active } = this.#segments;
    const { segment } = active;
    let offset: number;
    try {
      offset = active.append(record, len);
    } catch (cause) {
      throw this.#appendFailed(cause);
    }
    this.lastTxid = txid;
    tellAppend(this.#store.directory, segment, 1, len);
    this.#segments.syncIfBehind();
    return { segment, offset, len, txid };
  }

  /**
   * Appends what `draw` adds, much of it by one write.
   *
   * @throws RecordLogError ERR_DATAWAL_BATCH_FAILED
   */
  appendMany(draw: Draw, listener: BatchListener): void {
    let recordsAppended = 0;
    const flush = () => {
      const count = this.#pending;
      if (count > 0) this.#flush(count, listener);
      recordsAppended += count;
    };
    this.#isDraining = true;
    this.#pendingTxid = this.lastTxid;
    try {
      draw((type, key, payload) => {
        const record = checkRecord(type, this.#txidAfter(this.#pendingTxid), key, payload);
        const len = recordWireSize(record.key.length, record.payload.length);
        if (this.#ring.pendingBytes + len > this.#pieceBytesMax) flush();
        this.#encode(record, len);
      }, this.#pendingFrames);
      flush();
    } catch (error) {
      throw batchFailed(error, recordsAppended, listener.records);
    } finally {
      this.#endBatch();
    }
  }

  /** Appends what `draw` adds as a group, by one write (R20). */
  appendGroup(draw: Draw, listener: BatchListener): void {
    this.#isDraining = true;
    try {
      // The head's.
      this.#pendingTxid = this.#txidAfter(this.lastTxid);
      draw((type, key, payload) => {
        const record = checkRecord(type, this.#txidAfter(this.#pendingTxid + 1n), key, payload);
        const len = recordWireSize(record.key.length, record.payload.length);
        const byteCount = this.#ring.pendingBytes + len;
        if (byteCount > GROUP_BYTES_MAX) throw groupTooLarge(byteCount);
        this.#encode(record, len);
      }, this.#pendingFrames);
      const count = this.#pending;
      if (count === 1) this.#takeHeadsTxid();
      if (count > 1) this.#encodeHead(count);
      if (count > 0) this.#flush(count > 1 ? count + 1 : 1, listener);
    } finally {
      this.#endBatch();
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
      if (!this.poison.isLatched && this.beforeRelease) await runAsync(this.beforeRelease());
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
        if (this.beforeRelease) runSync(this.beforeRelease());
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

  readonly #pendingFrames = (): FrameRange => {
    const { bytes, start } = this.#ring;
    return { bytes, start, count: this.#pending };
  };

  #encode(record: CheckedRecord, len: number): void {
    const at = this.#ring.take(len);
    encodeCheckedInto(record, this.#ring.bytes, at, this.#ring.crc);
    this.#pendingTxid = record.txid;
    this.#pending++;
  }

  /** A single record needs no head. */
  #takeHeadsTxid(): void {
    const { bytes, start, end, crc } = this.#ring;
    this.#pendingTxid = this.lastTxid + 1n;
    renumber(this.#pendingTxid, bytes, start, end - CRC_LEN, crc);
  }

  /** Puts the head of a group in front of its frames. */
  #encodeHead(count: number): void {
    const byteCount = this.#ring.pendingBytes;
    const len = groupHeadWireSize(count);
    this.#ring.take(len);
    const { bytes, start, crc } = this.#ring;
    bytes.copyWithin(start + len, start, start + byteCount);
    encodeGroupHeadInto(this.lastTxid + 1n, bytes, start, count, byteCount, crc);
  }

  /** @param count of frames that are pending. */
  #flush(count: number, listener: BatchListener): void {
    const { bytes, start, pendingBytes } = this.#ring;
    const frames = { bytes, start, count };
    this.#segments.rotateIfFull(pendingBytes);
    const { active } = this.#segments;
    listener.willAppend(frames);
    let offset: number;
    try {
      offset = active.appendPending();
    } catch (cause) {
      throw this.#appendFailed(cause);
    }
    this.lastTxid = this.#pendingTxid;
    listener.appended(frames, active.segment, offset);
    tellAppend(this.#store.directory, active.segment, this.#pending, pendingBytes);
    this.#pending = 0;
    this.#segments.syncIfBehind();
  }

  #endBatch(): void {
    this.#ring.discard();
    this.#pending = 0;
    this.#isDraining = false;
  }

  /** Latches the poison: how much of the write the file took is not known. */
  #appendFailed(cause: unknown): RecordLogError {
    this.#ring.discard();
    this.poison.latch("append_record write_all failed", cause);
    const { path, segment } = this.#segments.active;
    const message = `datawal: write_all to segment ${path}: expected the file to take the record, it did not; the record is not in the log: close this handle, see the cause, open again`;
    return new RecordLogError("ERR_DATAWAL_APPEND_FAILED", message, { path, segment }, cause);
  }

  #release(): void {
    this.#ring.release();
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

function batchFailed(
  cause: unknown,
  recordsAppended: number,
  appended: readonly AppendedRecord[],
): RecordLogError {
  const message = `datawal: expected to append all that was given, stopped after ${recordsAppended} records, for the reason given as cause; the others are not in the log, but where it was a write that failed a beginning of them may be there when it is opened again: see the cause, then go on from there`;
  return new RecordLogError("ERR_DATAWAL_BATCH_FAILED", message, { recordsAppended, appended }, cause);
}
