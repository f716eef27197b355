import { runAsync, runSync, type Steps } from "@datawal/safeatomic";
import { type FollowOptions, follow } from "./follow.js";
import type { LogPosition, LogRecord, RecordRef } from "./log-record.js";
import { LogView } from "./log-view.js";
import { closedError } from "./log-writer.js";
import { LongOperations } from "./long-operations.js";
import { checkReadOptions, type ReaderOptions, type ReadSettings } from "./open-options.js";
import { RecordLogError, storeIoError } from "./record-log-error.js";
import type { RecoveryReport } from "./recovery/report.js";
import { replayVisitor } from "./replay-record.js";
import { LogScan } from "./scan.js";
import { SegmentHandles } from "./segment-handles.js";
import { findStoreDirectory } from "./store-directory.js";

/**
 * Reads a log without a lock, also beside a live writer, and changes nothing: not a byte, not a time stamp of the
 * store is touched. It sees the log as it was when it was opened or last refreshed, whole records only; records that
 * are not yet durable may be among them.
 */
export class RecordLogReader implements Disposable, AsyncDisposable {
  readonly #settings: ReadSettings;
  readonly #directory: string;
  readonly #handles: SegmentHandles;
  readonly #view: LogView;
  readonly #operations = new LongOperations();
  #refreshing: Promise<void> | undefined;
  #isClosed = false;

  private constructor(settings: ReadSettings, directory: string) {
    this.#settings = settings;
    this.#directory = directory;
    const { fileSystem, crc, replay, onReset } = settings;
    this.#handles = new SegmentHandles(fileSystem, directory, crc);
    this.#view = new LogView(
      { fileSystem, directory, crc },
      this.#handles,
      replay && replayVisitor(replay),
      onReset,
    );
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
    return runAsync(RecordLogReader.#openSteps(dir, options), options);
  }

  /** As {@link open}, on this thread. */
  static openSync(dir: string, options?: ReaderOptions): RecordLogReader {
    return runSync(RecordLogReader.#openSteps(dir, options), options);
  }

  static *#openSteps(dir: string, options?: ReaderOptions): Steps<RecordLogReader> {
    const settings = checkReadOptions(dir, options);
    try {
      const directory = findStoreDirectory(settings.fileSystem, settings.directory);
      const reader = new RecordLogReader(settings, directory);
      yield* reader.#view.refresh();
      return reader;
    } catch (error) {
      throw storeIoError(error, "open", settings.directory);
    }
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

  /** Reads one record where it lies. As {@link RecordLog.read}. */
  read(ref: RecordRef): LogRecord {
    this.#requireOpen();
    return this.#handles.read(ref);
  }

  /** Goes over the records seen, in order. As {@link RecordLog.scan}; a refresh lets it see more. */
  scan(options: { from?: LogPosition | undefined } = {}): LogScan {
    const { fileSystem, crc } = this.#settings;
    const source = {
      fileSystem,
      crc,
      directory: this.#directory,
      segments: () => this.#view.segments,
      validEnd: (segment: number) => this.#view.validEnd(segment),
      recoveryReport: () => this.recoveryReport(),
      requireOpen: () => this.#requireOpen(),
    };
    return new LogScan(source, options.from);
  }

  /**
   * Looks at the log again. Only what is new is read, unless a segment was repaired, replaced or removed.
   *
   * @throws RecordLogError ERR_DATAWAL_READER_STALE: the directory was replaced; others as {@link open}
   */
  async refresh(): Promise<void> {
    while (this.#refreshing) await this.#refreshing.catch(() => undefined);
    this.#requireOpen();
    this.#refreshing = this.#operations.run(this.#refreshSteps()).finally(() => {
      this.#refreshing = undefined;
    });
    await this.#refreshing;
  }

  /** As {@link refresh}, on this thread. @throws RecordLogError ERR_DATAWAL_REENTRANT while an asynchronous one runs */
  refreshSync(): void {
    this.#requireOpen();
    if (this.#refreshing) throw refreshRunning(this.#directory);
    runSync(this.#refreshSteps());
  }

  /**
   * Yields every record from `from` on, then waits for more, rotations included, for ever. Refreshes this reader as it
   * goes; damage at the end of the log is waited for, not reported.
   *
   * @param options.from The position of a record; the beginning when absent.
   * @param options.signal Ends it: it throws `signal.reason`.
   * @param options.pollMs How long to wait before looking again, 1 or more; 50 when absent.
   */
  follow(options: FollowOptions = {}): AsyncGenerator<LogRecord, never, void> {
    return follow(this, options);
  }

  /** Closes the reader's descriptors and ends what runs with ERR_DATAWAL_CLOSED. Idempotent. */
  async close(): Promise<void> {
    this.#end();
    await this.#operations.settled();
    this.#handles.close();
  }

  /** As {@link close}, on this thread. */
  closeSync(): void {
    this.#end();
    this.#handles.close();
  }

  [Symbol.dispose](): void {
    this.closeSync();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  *#refreshSteps(): Steps<void> {
    try {
      yield* this.#view.refresh();
    } catch (error) {
      throw storeIoError(error, "refresh", this.#directory);
    }
  }

  #end(): void {
    this.#isClosed = true;
    this.#operations.end(closedError(this.#directory));
  }

  #requireOpen(): void {
    if (this.#isClosed) throw closedError(this.#directory);
  }
}

function refreshRunning(path: string): RecordLogError {
  const message = `${path}: expected no refresh under way, an asynchronous one is; await it, or use refresh()`;
  return new RecordLogError("ERR_DATAWAL_REENTRANT", message, { path });
}
