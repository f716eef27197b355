import type { LongOperationOptions } from "@datawal/safeatomic";
import { ownOptions, runAsync, runSync, type Steps, sleep, waitFor } from "@datawal/safeatomic/internal";
import type { KnowSegments } from "./inspect/known-segments.js";
import { requireKnownOptions } from "./known-options.js";
import { LogBase } from "./log-base.js";
import type { LogRecord } from "./log-record.js";
import { OpenLog } from "./open-log.js";
import {
  checkReadOptions,
  LONG_OPERATION_OPTIONS,
  READER_OPTIONS,
  type ReaderOptions,
  type ReadSettings,
} from "./open-options.js";
import { madeByNew, namePublicClass } from "./public-class.js";
import { type FollowOptions, follow } from "./read/follow.js";
import { LogView } from "./read/log-view.js";
import { SharedSteps } from "./read/shared-steps.js";
import { isRecordLogError, RecordLogError } from "./record-log-error.js";
import { Store } from "./store/store.js";
import { findStoreDirectory } from "./store/store-directory.js";
import { storeOperation } from "./store/store-operation.js";

/** {@link RecordLogReader.open} as a part of a longer operation. */
export let openReaderSteps: (
  dir: string | URL,
  options?: ReaderOptions,
  know?: KnowSegments,
) => Steps<RecordLogReader>;

/** {@link RecordLogReader.refresh} as a part of a longer operation. @throws as {@link RecordLogReader.refreshSync} */
export let refreshSteps: (reader: RecordLogReader) => Steps<void>;

/**
 * Reads a log without a lock, also beside a live writer, and changes nothing. It sees the log as it was when it was opened
 * or last refreshed, whole records only; records that are not yet durable may be among them.
 */
export class RecordLogReader extends LogBase {
  static {
    openReaderSteps = (dir, options, know) => RecordLogReader.#openSteps(dir, options, know);
    refreshSteps = (reader) => reader.#refreshSteps();
  }

  readonly #log: OpenLog;
  readonly #view: LogView;
  #refreshing: Promise<void> | undefined;
  /** The refresh that was begun last. */
  #underWay: SharedSteps | undefined;

  private constructor(store: Store, view: LogView) {
    if (view?.handles === undefined) throw madeByNew("RecordLogReader");
    const log = new OpenLog(store, view, view.handles);
    super(log);
    this.#log = log;
    this.#view = view;
  }

  /**
   * Opens a log for reading, and reads it through.
   *
   * @param dir The store's directory, a path or a `file:` URL.
   * @throws RecordLogError ERR_DATAWAL_STORE_NOT_FOUND, ERR_DATAWAL_STORE_NOT_A_DIRECTORY, ERR_DATAWAL_SWAP_UNFINISHED,
   * ERR_DATAWAL_SEGMENT_NOT_A_FILE, ERR_DATAWAL_SEGMENT_DAMAGED, ERR_DATAWAL_NOT_A_SEGMENT,
   * ERR_DATAWAL_FRAME_UNSUPPORTED, ERR_DATAWAL_STORE_IO; ERR_DATAWAL_SEGMENT_CHANGED,
   * ERR_DATAWAL_READER_STALE: it was repaired, or replaced, while it was read: open it again
   * @throws TypeError ERR_DATAWAL_BAD_OPTION
   */
  static open(dir: string | URL, options?: ReaderOptions): Promise<RecordLogReader> {
    return runAsync(RecordLogReader.#openSteps(dir, options), options);
  }

  /** As {@link open}, on this thread. */
  static openSync(dir: string | URL, options?: ReaderOptions): RecordLogReader {
    return runSync(RecordLogReader.#openSteps(dir, options), options);
  }

  static *#openSteps(
    dir: string | URL,
    options?: ReaderOptions,
    know?: KnowSegments,
  ): Steps<RecordLogReader> {
    const settings = checkReadOptions(dir, options, READER_OPTIONS);
    return yield* storeOperation("open", settings.directory, function* () {
      const directory = yield* findWhenThere(settings);
      const store = new Store(settings, directory);
      const view = new LogView(store, settings, know);
      yield* view.refresh();
      return new RecordLogReader(store, view);
    });
  }

  /**
   * Looks at the log again. Only what is new is read, unless a segment was repaired, replaced or removed. Where it fails
   * or is aborted the reader goes on seeing what it saw before, and the next refresh reads everything anew: what goes
   * over records meanwhile ends with ERR_DATAWAL_READER_STALE then, as behind a repair.
   *
   * @throws RecordLogError ERR_DATAWAL_READER_STALE: the directory was replaced; others as {@link open}
   */
  async refresh(options?: LongOperationOptions): Promise<void> {
    requireKnownOptions(options, LONG_OPERATION_OPTIONS);
    while (this.#refreshing) await this.#refreshing.catch(() => undefined);
    this.#log.requireOpen();
    const refreshing = this.#log.operations.run(this.#refreshSteps(), options);
    this.#refreshing = refreshing;
    try {
      await refreshing;
    } finally {
      if (this.#refreshing === refreshing) this.#refreshing = undefined;
    }
  }

  /**
   * As {@link refresh}, on this thread; one that is under way it brings to its end first.
   *
   * @throws RecordLogError ERR_DATAWAL_REENTRANT from within its own callbacks
   */
  refreshSync(options?: LongOperationOptions): void {
    requireKnownOptions(options, LONG_OPERATION_OPTIONS);
    this.#log.requireOpen();
    runSync(this.#refreshSteps(), options);
  }

  /**
   * Yields every record from `from` on, then waits for more, rotations included, for ever. Refreshes this reader as it
   * goes; damage at the end of the log is waited for, not reported. Where the writer drops segments that were not yet
   * read, it goes on with the first that is left: the txids tell.
   *
   * Where what was yielded is no longer part of the log, since it was repaired or replaced in between, or where a
   * compaction in place has removed records that may not have been yielded yet, it calls `onReset` and starts at `from`
   * again; without `onReset`, or where no record begins there any more, it ends with ERR_DATAWAL_READER_STALE.
   *
   * Ends with `signal.reason`, with ERR_DATAWAL_CLOSED when the reader is closed, as {@link refresh}, or with
   * ERR_DATAWAL_STORE_IO where a segment is missing that another program removed.
   *
   * @throws RangeError ERR_DATAWAL_BAD_REF, ERR_DATAWAL_BAD_OPTION
   */
  follow(options: FollowOptions = {}): AsyncGenerator<LogRecord, never, void> {
    const followed = {
      view: this.#view,
      store: this.#log.store,
      scan: this.#log.scan.bind(this.#log),
      refresh: (signal: AbortSignal) => this.refresh({ signal }),
    };
    return follow(followed, options, this.#log.operations.endingSignal(ownOptions(options).signal));
  }

  /** Closes the reader's descriptors and ends what runs with ERR_DATAWAL_CLOSED. Idempotent. */
  override async close(): Promise<void> {
    this.#log.end();
    await this.#log.operations.settled();
    this.#view.handles.close();
  }

  /** As {@link close}, on this thread. */
  override closeSync(): void {
    this.#log.end();
    this.#view.handles.close();
  }

  *#refreshSteps(): Steps<void> {
    if (this.#underWay?.isMoving) throw refreshRunning(this.dir);
    this.#underWay?.finish();
    const refresh = new SharedSteps(storeOperation("refresh", this.dir, () => this.#view.refresh()));
    this.#underWay = refresh;
    try {
      yield* refresh.run();
    } finally {
      if (this.#underWay === refresh) this.#underWay = undefined;
      // Closed by one of its callbacks, or beside it.
      if (this.#log.isClosed) this.#view.handles.close();
    }
  }
}

namePublicClass(RecordLogReader, "RecordLogReader");

/** How often a store that is not there yet is looked for. */
const WAIT_MS = 50;

function* findWhenThere({ fileSystem, directory, waitForStore }: ReadSettings): Steps<string> {
  for (;;) {
    try {
      return findStoreDirectory(fileSystem, directory);
    } catch (error) {
      if (!waitForStore || !isRecordLogError(error, "ERR_DATAWAL_STORE_NOT_FOUND")) throw error;
      yield* waitFor(
        () => sleep(WAIT_MS),
        () => {
          throw error;
        },
      );
    }
    yield { kind: "progress", bytesDone: 0, bytesTotal: 0 };
  }
}

function refreshRunning(path: string): RecordLogError {
  const message = `${path}: expected no refresh under way that calls back into itself; call it outside of its callbacks`;
  return new RecordLogError("ERR_DATAWAL_REENTRANT", message, { path });
}
