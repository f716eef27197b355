import { ownOptions, sleep } from "@datawal/safeatomic/internal";
import { type OptionNames, requireKnownOptions } from "../known-options.js";
import type { LogPosition, LogRecord } from "../log-record.js";
import { badOption, TIMER_MS_MAX } from "../open-options.js";
import { isRecordLogError, RecordLogError } from "../record-log-error.js";
import { RemovedSegments } from "../store/removed-segments.js";
import type { Store } from "../store/store.js";
import { checkPosition } from "./check-position.js";
import type { LogView, ProvenFrame } from "./log-view.js";
import type { LogScan } from "./scan.js";

export interface FollowOptions {
  /**
   * The position of a record; the beginning when absent. Where a compaction in place has removed its segment or a later one
   * before it begins, that is told as `onReset` says.
   */
  from?: LogPosition | undefined;
  /** Ends it: it throws `signal.reason`. */
  signal?: AbortSignal | undefined;
  /** How long to wait before looking again, 1 to 2^31 - 1 milliseconds; 50 when absent. */
  pollMs?: number | undefined;
  /**
   * Called where what was yielded is no longer part of the log, since it was repaired or replaced, and where a compaction in
   * place has removed records that may not have been yielded yet, deletions among them: all records are yielded again,
   * starting at `from`. Who keeps a copy empties it here. When absent, ERR_DATAWAL_READER_STALE ends it there.
   */
  onReset?: (() => void) | undefined;
}

/** What can be followed: a reader. */
interface Followed {
  readonly view: LogView;
  readonly store: Store;
  scan(from: LogPosition | undefined, onRecord: (storedCrc: number) => void): LogScan;
  refresh(signal: AbortSignal): Promise<void>;
}

const FOLLOW_OPTIONS: OptionNames<FollowOptions> = { from: true, signal: true, pollMs: true, onReset: true };

export const POLL_MS_DEFAULT = 50;

/**
 * Yields all records, then what is appended, until the signal aborts.
 *
 * @throws RangeError ERR_DATAWAL_BAD_REF, ERR_DATAWAL_BAD_OPTION; TypeError ERR_DATAWAL_BAD_OPTION, at once
 */
export function follow(
  log: Followed,
  options: FollowOptions,
  signal: AbortSignal,
): AsyncGenerator<LogRecord, never, void> {
  requireKnownOptions(options, FOLLOW_OPTIONS);
  const { from, pollMs = POLL_MS_DEFAULT, onReset } = ownOptions(options);
  if (from !== undefined) checkPosition(from, "from");
  checkPollMs(pollMs);
  if (onReset !== undefined && typeof onReset !== "function")
    throw badOption("onReset", "a function", onReset, TypeError);
  const start = from && { segment: from.segment, offset: from.offset };
  return new Follower(log, start, onReset).records(pollMs, signal);
}

/** @throws RangeError ERR_DATAWAL_BAD_OPTION */
export function checkPollMs(pollMs: number): void {
  if (typeof pollMs !== "number" || !(pollMs >= 1 && pollMs <= TIMER_MS_MAX))
    throw badOption("pollMs", `1 to ${TIMER_MS_MAX} milliseconds`, pollMs, RangeError);
}

class Follower {
  readonly #log: Followed;
  readonly #from: LogPosition | undefined;
  readonly #onReset: (() => void) | undefined;
  /** The last record in front of the place that was reached: that place holds as long as this frame stands. */
  #last: ProvenFrame | undefined;
  /** What a compaction had removed when what was yielded was looked at last. */
  #removed: RemovedSegments;
  /** Of the record that is to come next, where the segment of the last one is gone. */
  #nextTxid: bigint | undefined;
  /** Whether that was another one. */
  #hasMissed = false;
  /** Of the view, when that was last found to stand. */
  #generation: number;
  /** Of the view, when it was looked at last. */
  #cuts: number;
  #isRestarted = false;
  /** Ids known to be missing. */
  readonly #gaps: ReadonlySet<number>;

  constructor(log: Followed, from: LogPosition | undefined, onReset: (() => void) | undefined) {
    this.#log = log;
    this.#from = from;
    this.#onReset = onReset;
    this.#generation = log.view.generation;
    this.#cuts = log.view.cuts;
    this.#gaps = new Set(this.#missing());
    const { lastFrame: last } = log.view;
    if (last?.segment === from?.segment && last && last.offset + last.len === from?.offset) this.#last = last;
    // Whoever goes on at a place that was kept has not seen what was removed behind it since.
    this.#removed = from && !this.#last ? new RemovedSegments() : log.view.removed;
  }

  async *records(pollMs: number, signal: AbortSignal): AsyncGenerator<LogRecord, never, void> {
    for (;;) {
      this.#requirePlace();
      this.#requireNoNewGap();
      try {
        yield* this.#newRecords(signal);
      } catch (error) {
        if (!this.#hasLost(error)) throw error;
      }
      await pause(pollMs, signal);
      await untilAborted(this.#log.refresh(signal), signal);
    }
  }

  async *#newRecords(signal: AbortSignal): AsyncGenerator<LogRecord, void, void> {
    const last = this.#last;
    let storedCrc = 0;
    const scan = this.#log.scan(
      last ? { segment: last.segment, offset: last.offset + last.len } : this.#from,
      (crc) => {
        storedCrc = crc;
      },
    );
    for await (const record of scan) {
      signal.throwIfAborted();
      const { segment, offset, len, txid } = record;
      this.#hasMissed = this.#nextTxid !== undefined && this.#nextTxid !== txid;
      if (this.#hasMissed) return;
      this.#nextTxid = undefined;
      this.#last = { segment, offset, len, txid, storedCrc };
      yield record;
    }
  }

  /** Whether the next look shows what to do: the log was changed, or its head dropped, since the last one. */
  #hasLost(error: unknown): boolean {
    if (isRecordLogError(error, "ERR_DATAWAL_READER_STALE")) return true;
    // Cut shorter than it was when the view saw it.
    if (isRecordLogError(error, "ERR_DATAWAL_SEGMENT_CHANGED")) return true;
    if (!this.#isRestarted || !isRecordLogError(error, "ERR_DATAWAL_BAD_REF")) return false;
    throw this.#stale(error);
  }

  /** Begins again where what was yielded last stands no more, or a compaction has removed what was to be yielded next. */
  #requirePlace(): void {
    const { view } = this.#log;
    const last = this.#last;
    const removed = this.#removed;
    const isCut = view.cuts !== this.#cuts;
    this.#removed = view.removed;
    this.#cuts = view.cuts;
    const place = last ?? this.#from;
    // A deletion may have been among it, which nothing that is left tells.
    const isPassed = place !== undefined && view.removed.hasMore(removed, place.segment + (last ? 1 : 0));
    // Of its own segment it may have read everything: then the next record is the next txid.
    if (last && view.removed.hasMore(removed, last.segment)) this.#nextTxid = last.txid + 1n;
    if (this.#hasMissed || isPassed || (isCut && this.#nextTxid !== undefined)) {
      this.#reset();
      return;
    }
    if (view.generation === this.#generation) return;
    this.#generation = view.generation;
    if (this.#nextTxid !== undefined) return;
    if (!last || view.stands(last) || this.#isDropped(last)) return;
    this.#reset();
  }

  #reset(): void {
    if (!this.#onReset) throw this.#stale();
    this.#generation = this.#log.view.generation;
    this.#last = undefined;
    this.#nextTxid = undefined;
    this.#hasMissed = false;
    this.#isRestarted = true;
    this.#onReset();
  }

  /** Whether the log goes on behind a record, whose segment and perhaps later ones the writer has dropped. */
  #isDropped({ segment, txid }: ProvenFrame): boolean {
    const { segments, lastFrame } = this.#log.view;
    return segments.length > 0 && segments[0]! > segment && (!lastFrame || lastFrame.txid > txid);
  }

  /** What a writer makes has no gaps. */
  #requireNoNewGap(): void {
    const place = this.#last?.segment ?? this.#from?.segment ?? 0;
    const missing = this.#missing().find((id) => id > place && !this.#gaps.has(id));
    if (missing === undefined) return;
    const path = this.#log.store.path(missing);
    const message = `datawal: follow ${path} failed: expected the segment, which lies between two others, the file system said ENOENT: another program has removed it; its records cannot be shown`;
    throw new RecordLogError("ERR_DATAWAL_STORE_IO", message, { path, operation: "follow", errno: "ENOENT" });
  }

  #missing(): number[] {
    return this.#log.view.report.warnings.flatMap((warning) =>
      warning.kind === "missing-segment" ? [warning.segment] : [],
    );
  }

  #stale(cause?: unknown): RecordLogError {
    const path = this.#log.store.directory;
    const message = `${path}: expected the record that was shown last, found another or none in its place, or that a compaction has removed what comes behind it: the log was repaired, replaced or compacted; follow it anew, or give onReset`;
    return new RecordLogError("ERR_DATAWAL_READER_STALE", message, { path }, cause);
  }
}

/** Waits for something, and no longer than until the abort: what is waited for goes on by itself. */
export function untilAborted<T>(waited: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    waited.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** Waits. @throws What the signal was aborted with. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
