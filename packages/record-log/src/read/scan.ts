import type { InvalidReason } from "@datawal/format";
import type { OpenFile } from "@datawal/safeatomic";
import { turnTaker } from "@datawal/safeatomic/internal";
import { describeDamage } from "../inspect/inspection.js";
import { damageError } from "../inspect/refusal.js";
import type { RecoveryReport } from "../inspect/report.js";
import { SegmentReader } from "../inspect/segment-reader.js";
import type { LogPosition, LogRecord } from "../log-record.js";
import { storeIoError } from "../record-log-error.js";
import type { Store } from "../store/store.js";
import { badRef, checkPosition } from "./check-position.js";

/** What a scan goes over. It is asked anew at each step, so that a scan sees what is appended meanwhile. */
export interface ScanSource {
  /** Ids in ascending order. */
  readonly segments: readonly number[];
  readonly report: RecoveryReport;
  /** Bytes of a segment's valid prefix; `undefined` where all of the file is to be valid. */
  validEnd(segment: number): number | undefined;
  /** Opens a segment of {@link segments} for reading. */
  open(segment: number): OpenFile | undefined;
  /** Another number where what is gone over has been replaced as a whole; absent where it never is. */
  readonly generation?: number;
  /**
   * Called after each read of a file.
   *
   * @param generation When the iteration began.
   * @throws where what was read is no longer part of the log
   */
  requireStanding?(segment: number, file: OpenFile, generation: number): void;
  /**
   * @param generation When places in a segment were found.
   * @throws where they mean something else by now
   */
  requireGeneration?(segment: number, generation: number): void;
}

/**
 * A pass over a log, lazily, in physical order; each iteration begins anew.
 *
 * Records are views of memory that is never reused: valid for ever, but one kept record keeps its chunk of up to
 * 128 KiB, or as large as the record. As with `Map`, records appended while it runs are seen.
 *
 * An iteration throws ERR_DATAWAL_CLOSED, ERR_DATAWAL_SEGMENT_DAMAGED, ERR_DATAWAL_SEGMENT_CHANGED,
 * ERR_DATAWAL_READER_STALE (what it goes over was repaired or replaced), ERR_DATAWAL_STORE_IO, and ERR_DATAWAL_BAD_REF where no record begins at the position to start from.
 */
export class LogScan implements Iterable<LogRecord>, AsyncIterable<LogRecord> {
  readonly #source: ScanSource;
  readonly #begin: () => ScanIterator;
  #latest: ScanIterator | undefined;

  /**
   * @internal
   * @param requireOpen Throws where the handle is closed.
   * @param onRecord Called with the CRC of each record before it is given back.
   * @throws RangeError ERR_DATAWAL_BAD_REF
   */
  constructor(
    store: Store,
    source: ScanSource,
    requireOpen: () => void,
    from: LogPosition = { segment: 0, offset: 0 },
    onRecord: (storedCrc: number) => void = () => {},
  ) {
    checkPosition(from, "from");
    this.#source = source;
    this.#begin = () => new ScanIterator(store, source, requireOpen, from, onRecord);
  }

  [Symbol.iterator](): IterableIterator<LogRecord> {
    this.#latest = this.#begin();
    return this.#latest;
  }

  /** As the iteration above, giving the event loop a turn after every 5 ms. */
  async *[Symbol.asyncIterator](): AsyncGenerator<LogRecord, void, void> {
    const takeTurn = turnTaker();
    for (const record of this) {
      yield record;
      const turn = takeTurn();
      if (turn) await turn;
    }
  }

  /** The handle's report, with the counts of the latest iteration so far. */
  recoveryReport(): RecoveryReport {
    const { report } = this.#source;
    return { ...report, warnings: [...report.warnings], ...(this.#latest?.counts ?? NOTHING_YET) };
  }
}

const NOTHING_YET = { filesScanned: 0, recordsReplayed: 0, lastTxidSeen: 0n };

class ScanIterator implements IterableIterator<LogRecord> {
  readonly counts = { ...NOTHING_YET };
  readonly #store: Store;
  readonly #source: ScanSource;
  readonly #requireOpen: () => void;
  readonly #onRecord: (storedCrc: number) => void;
  readonly #from: LogPosition;
  readonly #reader: SegmentReader;
  #segment: number;
  #generation: number | undefined;
  #file: OpenFile | undefined;
  #isDone = false;

  constructor(
    store: Store,
    source: ScanSource,
    requireOpen: () => void,
    from: LogPosition,
    onRecord: (storedCrc: number) => void,
  ) {
    this.#store = store;
    this.#source = source;
    this.#requireOpen = requireOpen;
    this.#onRecord = onRecord;
    this.#from = from;
    this.#segment = from.segment - 1;
    this.#reader = new SegmentReader(store.crc, "kept");
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<LogRecord, undefined> {
    try {
      this.#requireOpen();
      return this.#step();
    } catch (error) {
      this.return();
      throw storeIoError(error, "scan", this.#path);
    }
  }

  return(): IteratorResult<LogRecord, undefined> {
    this.#isDone = true;
    this.#closeFile();
    return { done: true, value: undefined };
  }

  #step(): IteratorResult<LogRecord, undefined> {
    while (!this.#isDone) {
      const outcome = this.#file ? this.#reader.next() : "end";
      if (outcome === "record") return { done: false, value: this.#record() };
      if (outcome === "more") this.#fill();
      else if (outcome !== "end") throw this.#damage(outcome);
      else if (!this.#hasGrown() && !this.#openNext()) this.return();
    }
    return { done: true, value: undefined };
  }

  #fill(): void {
    this.#reader.fill();
    this.#requireStanding();
  }

  #requireStanding(): void {
    this.#source.requireStanding?.(this.#segment, this.#file!, this.#generation!);
  }

  #record(): LogRecord {
    const { cursor, frameOffset } = this.#reader;
    const { type, txid, key, payload } = cursor;
    this.counts.recordsReplayed++;
    this.#onRecord(cursor.storedCrc);
    if (txid > this.counts.lastTxidSeen) this.counts.lastTxidSeen = txid;
    return {
      type,
      txid,
      key,
      payload,
      segment: this.#segment,
      offset: frameOffset,
      len: cursor.end - cursor.start,
    };
  }

  /** Whether the segment holds more than when it was opened; if so, the reader goes on there. */
  #hasGrown(): boolean {
    if (!this.#file) return false;
    this.#requireStanding();
    const end = this.#source.validEnd(this.#segment) ?? this.#file.stat().size;
    if (end <= this.#reader.size) return false;
    this.#reader.start(this.#file, this.#path, end, this.#reader.nextOffset);
    return true;
  }

  #openNext(): boolean {
    this.#closeFile();
    this.#generation ??= this.#source.generation ?? 0;
    const segment = this.#source.segments.find((id) => id > this.#segment);
    if (segment === undefined) return false;
    this.#segment = segment;
    const file = this.#source.open(segment)!;
    this.#file = file;
    const end = this.#source.validEnd(segment) ?? file.stat().size;
    const offset = segment === this.#from.segment ? Math.min(this.#from.offset, end) : 0;
    this.#reader.start(file, this.#path, end, offset);
    this.counts.filesScanned++;
    return true;
  }

  get #path(): string {
    return this.#store.path(this.#segment);
  }

  #damage(outcome: "truncated" | "crc-mismatch" | InvalidReason): Error {
    const { size, nextOffset: offset } = this.#reader;
    const segment = this.#segment;
    if (segment === this.#from.segment && offset === this.#from.offset && offset > 0)
      return badRef("from", "the position of a record", this.#from);
    const place = { segment, path: this.#path, size, validEnd: offset };
    // Told as damage of a sealed segment: what precedes it plays no part.
    return damageError(describeDamage(place, this.#reader, outcome, true), true);
  }

  #closeFile(): void {
    const file = this.#file;
    this.#file = undefined;
    try {
      file?.close();
    } catch (error) {
      throw storeIoError(error, "close", this.#path);
    }
  }
}
