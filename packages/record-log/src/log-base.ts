import type { FrameCursor } from "@datawal/format";
import { ownOptions } from "@datawal/safeatomic/internal";
import type { RecoveryReport } from "./inspect/report.js";
import { requireKnownOptions } from "./known-options.js";
import type { LogPosition, LogRecord, RecordRef } from "./log-record.js";
import type { OpenLog } from "./open-log.js";
import type { LogScan } from "./read/scan.js";

const SCAN_OPTIONS = { from: true } as const;
const OPEN_LOGS = new WeakMap<LogBase, OpenLog>();

/** For a view of a log, which lives as long as the log is open. */
export function openLogOf(log: LogBase): OpenLog {
  return OPEN_LOGS.get(log)!;
}

/** Reading, which is the same on a log that is open for writing and on one that is only read. */
export abstract class LogBase implements Disposable, AsyncDisposable {
  readonly #log: OpenLog;

  /** @internal */
  constructor(log: OpenLog) {
    this.#log = log;
    OPEN_LOGS.set(this, log);
  }

  /** The store's directory, absolute, links resolved. */
  get dir(): string {
    return this.#log.store.directory;
  }

  /** The ids of the segments that are shown, ascending; a writer's last one is active. A copy. */
  get segments(): number[] {
    return [...this.#log.source.segments];
  }

  /** What opening this log, or the last refresh, found and did. A copy. */
  recoveryReport(): RecoveryReport {
    const { report } = this.#log.source;
    return { ...report, warnings: [...report.warnings] };
  }

  /**
   * Reads one record where it lies. What was appended last through this handle is read from memory (`cacheBytes`).
   *
   * @param ref As an append or a scan gave it.
   * @returns Bytes that nobody else has. Key and payload are parts of a larger `ArrayBuffer`, as with Node's own buffers:
   * use the bytes, and not their `buffer`. A record of up to 2 KiB that is kept keeps 16 KiB of memory.
   * @throws RecordLogError ERR_DATAWAL_RECORD_UNREADABLE, ERR_DATAWAL_CLOSED, ERR_DATAWAL_STORE_IO; of a reader
   * ERR_DATAWAL_READER_STALE: the segment was repaired, replaced or dropped since it was seen
   * @throws RangeError ERR_DATAWAL_BAD_REF
   */
  read(ref: RecordRef): LogRecord {
    const { type, txid, key, payload } = this.peek(ref);
    const { segment, offset, len } = ref;
    return { type, txid, key, payload, segment, offset, len };
  }

  /**
   * As {@link read}, through a cursor, which makes what it is asked for.
   *
   * @returns One reused cursor on the record: valid until this handle next reads, peeks or is refreshed. Views that it has made are the
   * caller's to keep, as with {@link read}.
   * @throws As {@link read}
   */
  peek(ref: RecordRef): FrameCursor {
    this.#log.requireOpen();
    return this.#log.handles.peek(ref);
  }

  /**
   * Reads many records, through a cursor: those that lie close together, in this order, by one read.
   *
   * @param refs Drawn ahead of what is given back.
   * @returns Lazy. The cursor is reused: it and its views are valid until the next one is drawn or the iteration ends. To
   * hand bytes to another thread copy them first: a message takes with it all of the memory that they are a part of.
   * @throws As {@link read}, also where a refresh that is made meanwhile finds the log repaired or replaced
   */
  peekMany(refs: Iterable<RecordRef>): IterableIterator<FrameCursor> {
    const { source, handles } = this.#log;
    const { generation = 0 } = source;
    return handles.peekMany(refs, (segment) => {
      this.#log.requireOpen();
      source.requireGeneration?.(segment, generation);
    });
  }

  /**
   * Goes over all records in order, those included that are appended, or found by a refresh, meanwhile.
   *
   * @param options.from The position of a record, to begin there. Where its segment is gone, with the next one.
   * @returns Lazy, iterable more than once, synchronously and asynchronously; {@link LogScan} says how long records live
   * and what an iteration throws.
   * @throws RangeError ERR_DATAWAL_BAD_REF; TypeError ERR_DATAWAL_BAD_OPTION
   */
  scan(options: { from?: LogPosition | undefined } = {}): LogScan {
    requireKnownOptions(options, SCAN_OPTIONS);
    return this.#log.scan(ownOptions(options).from);
  }

  abstract close(): Promise<void>;
  abstract closeSync(): void;

  [Symbol.dispose](): void {
    this.closeSync();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
