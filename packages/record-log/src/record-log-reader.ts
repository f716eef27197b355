import type { FrameCursor } from "@datawal/format";
import { type LongOperationOptions, ownOptions, runAsync, runSync, type Steps } from "@datawal/safeatomic";
import { replayVisitor } from "./inspect/replay-record.js";
import type { RecoveryReport } from "./inspect/report.js";
import type { LogPosition, LogRecord, RecordRef } from "./log-record.js";
import { LongOperations } from "./long-operations.js";
import { checkReadOptions, type ReaderOptions, type ReadSettings } from "./open-options.js";
import { type FollowOptions, follow } from "./read/follow.js";
import { LogView } from "./read/log-view.js";
import { LogScan, type ScanSource } from "./read/scan.js";
import { closedError, RecordLogError } from "./record-log-error.js";
import { findStoreDirectory } from "./store/store-directory.js";
import { storeOperation } from "./store/store-operation.js";

/**
 * Reads a log without a lock, also beside a live writer, and changes nothing. It sees the log as it was when it was opened or last refreshed, whole records only; records that
 * are not yet durable may be among them.
 */
export class RecordLogReader implements Disposable, AsyncDisposable {
  readonly #settings: ReadSettings;
  readonly #directory: string;
  readonly #view: LogView;
  readonly #operations = new LongOperations();
  #refreshing: Promise<void> | undefined;
  /** Also while a synchronous one runs: its callbacks must not begin another. */
  #isRefreshing = false;
  #isClosed = false;

  private constructor(settings: ReadSettings, directory: string) {
    this.#settings = settings;
    this.#directory = directory;
    const { fileSystem, crc, replay, onReset } = settings;
    this.#view = new LogView({ fileSystem, directory, crc }, replay && replayVisitor(replay), onReset);
  }

  /**
   * Opens a log for reading, and reads it through.
   *
   * @param dir The store's directory.
   * @throws RecordLogError ERR_DATAWAL_STORE_NOT_FOUND, ERR_DATAWAL_STORE_NOT_A_DIRECTORY, ERR_DATAWAL_SWAP_UNFINISHED,
   * ERR_DATAWAL_SEGMENT_NOT_A_FILE, ERR_DATAWAL_SEGMENT_DAMAGED, ERR_DATAWAL_NOT_A_SEGMENT,
   * ERR_DATAWAL_FRAME_UNSUPPORTED, ERR_DATAWAL_SEGMENT_CHANGED, ERR_DATAWAL_STORE_IO
   * @throws TypeError ERR_DATAWAL_BAD_OPTION
   */
  static open(dir: string, options?: ReaderOptions): Promise<RecordLogReader> {
    return runAsync(RecordLogReader.openSteps(dir, options), options);
  }

  /** As {@link open}, on this thread. */
  static openSync(dir: string, options?: ReaderOptions): RecordLogReader {
    return runSync(RecordLogReader.openSteps(dir, options), options);
  }

  /** {@link open} as a part of a longer operation. */
  static *openSteps(dir: string, options?: ReaderOptions): Steps<RecordLogReader> {
    const settings = checkReadOptions(dir, options);
    return yield* storeOperation("open", settings.directory, function* () {
      const directory = findStoreDirectory(settings.fileSystem, settings.directory);
      const reader = new RecordLogReader(settings, directory);
      yield* reader.#view.refresh();
      return reader;
    });
  }

  /** The store's directory, absolute, links resolved. */
  get dir(): string {
    return this.#directory;
  }

  /** The ids of the segments seen, ascending. */
  get segments(): number[] {
    return this.#view.segments;
  }

  /** What the last look at the log found. A copy. */
  recoveryReport(): RecoveryReport {
    return { ...this.#view.report, warnings: [...this.#view.report.warnings] };
  }

  /**
   * Reads one record where it lies. As {@link RecordLog.read}.
   *
   * @throws RecordLogError ERR_DATAWAL_READER_STALE: the segment was repaired, replaced or dropped since it was seen
   */
  read(ref: RecordRef): LogRecord {
    this.#requireOpen();
    return this.#view.handles.read(ref);
  }

  /**
   * As {@link read}, through a cursor, which makes what it is asked for.
   *
   * @returns One reused cursor on the record: valid until this handle next reads or peeks. Views that it has made are the
   * caller's to keep, as with {@link read}.
   * @throws As {@link read}
   */
  peek(ref: RecordRef): FrameCursor {
    this.#requireOpen();
    return this.#view.handles.load(ref);
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
    const view = this.#view;
    const { generation } = view;
    return view.handles.loadMany(refs, (segment) => {
      this.#requireOpen();
      view.requireGeneration(segment, generation);
    });
  }

  /** Goes over the records seen, in order. As {@link RecordLog.scan}; a refresh lets it see more. */
  scan(options: { from?: LogPosition | undefined } = {}): LogScan {
    return this.#scan(ownOptions(options).from);
  }

  #scan(from: LogPosition | undefined, onRecord?: (storedCrc: number) => void): LogScan {
    const view = this.#view;
    const source: ScanSource = {
      crc: this.#settings.crc,
      directory: this.#directory,
      segments: () => view.segments,
      validEnd: (segment) => view.validEnd(segment),
      recoveryReport: () => this.recoveryReport(),
      requireOpen: () => this.#requireOpen(),
      open: (segment) => view.open(segment)!,
      get generation() {
        return view.generation;
      },
      requireStanding: (...opened) => view.requireStanding(...opened),
      onRecord: (storedCrc) => onRecord?.(storedCrc),
    };
    return new LogScan(source, from);
  }

  /**
   * Looks at the log again. Only what is new is read, unless a segment was repaired, replaced or removed. Where it fails
   * or is aborted the reader goes on seeing what it saw before.
   *
   * @throws RecordLogError ERR_DATAWAL_READER_STALE: the directory was replaced; others as {@link open}
   */
  async refresh(options?: LongOperationOptions): Promise<void> {
    while (this.#refreshing) await this.#refreshing.catch(() => undefined);
    this.#requireOpen();
    const refreshing = this.#operations.run(this.refreshSteps(), options);
    this.#refreshing = refreshing;
    try {
      await refreshing;
    } finally {
      if (this.#refreshing === refreshing) this.#refreshing = undefined;
    }
  }

  /** As {@link refresh}, on this thread. @throws RecordLogError ERR_DATAWAL_REENTRANT while another one runs */
  refreshSync(options?: LongOperationOptions): void {
    this.#requireOpen();
    runSync(this.refreshSteps(), options);
  }

  /** {@link refresh} as a part of a longer operation. @throws as {@link refreshSync} */
  *refreshSteps(): Steps<void> {
    if (this.#isRefreshing) throw refreshRunning(this.#directory);
    this.#isRefreshing = true;
    try {
      yield* storeOperation("refresh", this.#directory, () => this.#view.refresh());
    } finally {
      this.#isRefreshing = false;
    }
  }

  /**
   * Yields every record from `from` on, then waits for more, rotations included, for ever. Refreshes this reader as it
   * goes; damage at the end of the log is waited for, not reported. Where the writer drops segments that were not yet
   * read, it goes on with the first that is left: the txids tell.
   *
   * Where what was yielded is no longer part of the log, since it was repaired or replaced in between, it calls
   * `onReset` and starts at `from` again; without `onReset`, or where no record begins there any more, it ends with
   * ERR_DATAWAL_READER_STALE.
   *
   * Ends with `signal.reason`, with ERR_DATAWAL_CLOSED when the reader is closed, as {@link refresh}, or with
   * ERR_DATAWAL_STORE_IO where a segment is missing that another program removed.
   *
   * @throws RangeError ERR_DATAWAL_BAD_REF, ERR_DATAWAL_BAD_OPTION
   */
  follow(options: FollowOptions = {}): AsyncGenerator<LogRecord, never, void> {
    const followed = {
      view: this.#view,
      directory: this.#directory,
      scan: this.#scan.bind(this),
      refresh: (signal: AbortSignal) => this.refresh({ signal }),
    };
    return follow(followed, options, this.#operations.endingSignal(ownOptions(options).signal));
  }

  /** Closes the reader's descriptors and ends what runs with ERR_DATAWAL_CLOSED. Idempotent. */
  async close(): Promise<void> {
    this.#end();
    await this.#operations.settled();
    this.#view.handles.close();
  }

  /** As {@link close}, on this thread. */
  closeSync(): void {
    this.#end();
    this.#view.handles.close();
  }

  [Symbol.dispose](): void {
    this.closeSync();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #end(): void {
    this.#isClosed = true;
    this.#operations.end(() => closedError(this.#directory));
  }

  #requireOpen(): void {
    if (this.#isClosed) throw closedError(this.#directory);
  }
}

function refreshRunning(path: string): RecordLogError {
  const message = `${path}: expected no other refresh under way; await it, or use refresh() outside of its callbacks`;
  return new RecordLogError("ERR_DATAWAL_REENTRANT", message, { path });
}
