import { nowMs, runSoon } from "@datawal/safeatomic/internal";
import { tellSync } from "../events.js";
import { isRecordLogError, RecordLogError } from "../record-log-error.js";
import type { ActiveSegment } from "./active-segment.js";
import type { Poison } from "./poison.js";

interface Waiter {
  resolve(): void;
  reject(error: unknown): void;
}

interface SyncInFlight {
  /** Bytes that it covers: those of the segment when it was submitted. */
  readonly size: number;
  readonly served: Waiter[];
  /** Resolves when it is over, however it ended. */
  readonly over: Promise<void>;
}

const SYNC_FAILED = "fsync sync_all failed";
const SEGMENT_CHANGED = "another program changed the active segment";

/**
 * Shares syncs of one segment between callers (disk-rules R2): one is in flight at a time, appends go on meanwhile,
 * and a caller is served by the first one submitted after its append. Poison wins: a sync that succeeds after the
 * handle was poisoned resolves nobody. No sync is ever retried.
 */
export class GroupCommit {
  readonly #segment: ActiveSegment;
  readonly #poison: Poison;
  readonly #onSynced: (size: number) => void;
  /** Bytes known to be durable. */
  #syncedSize: number;
  #inFlight: SyncInFlight | undefined;
  /** Whether one is just over, and the next one not yet to be submitted. */
  #isPausing = false;
  /** Whether one more is to be submitted, though nobody may wait for it. */
  #isRequested = false;
  /** Those that the sync in flight does not serve. */
  #waiting: Waiter[] = [];

  /**
   * @param syncedSize bytes of the segment that are durable already.
   * @param onSynced called after each successful sync with the bytes it covered, before anyone is told.
   */
  constructor(segment: ActiveSegment, syncedSize: number, poison: Poison, onSynced: (size: number) => void) {
    this.#segment = segment;
    this.#syncedSize = syncedSize;
    this.#poison = poison;
    this.#onSynced = onSynced;
  }

  get syncedSize(): number {
    return this.#syncedSize;
  }

  /** Resolves when all that was appended before this call is durable; without a system call if it is already. */
  fsync(): Promise<void> {
    const { size } = this.#segment;
    if (this.#syncedSize === size) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const waiters = this.#inFlight?.size === size ? this.#inFlight.served : this.#waiting;
      waiters.push({ resolve, reject });
      this.#start();
    });
  }

  /**
   * As {@link fsync}, on the segment's second descriptor; serves those who wait for the next sync, too.
   *
   * @param reason what a failure poisons with.
   */
  fsyncSync(reason = SYNC_FAILED): void {
    const { size, path } = this.#segment;
    if (this.#syncedSize === size) return;
    const startMs = nowMs();
    try {
      this.#segment.second.fsyncSync();
      this.#covered(size);
    } catch (error) {
      tellSync(path, nowMs() - startMs, 0, error);
      throw this.#failed(reason, error);
    }
    const served = this.#takeWaiting();
    tellSync(path, nowMs() - startMs, served.length + 1);
    this.#serve(served);
  }

  /**
   * Checks the file once more, though nothing may be left to sync: before it is sealed, given up, or all that remains.
   *
   * @throws RecordLogError ERR_DATAWAL_SEGMENT_CHANGED, ERR_DATAWAL_FSYNC_FAILED: it could not be looked at. The handle
   * is poisoned
   */
  requireUntouched(): void {
    try {
      this.#segment.requireUntouched();
    } catch (error) {
      throw this.#failed(SYNC_FAILED, error);
    }
  }

  /** Starts a sync nobody waits for, if more than `unsyncedBytesMax` is unsynced and none is in flight. */
  startIfBehind(unsyncedBytesMax: number): void {
    if (this.#segment.size - this.#syncedSize > unsyncedBytesMax) this.#start();
  }

  /** Has all that was appended synced, though nobody waits for it, as soon as no sync is in flight. */
  request(): void {
    if (this.#syncedSize === this.#segment.size || this.#poison.isLatched) return;
    this.#isRequested = true;
    this.#start();
  }

  /** Resolves when no sync is in flight: only then may the segment's descriptors be closed. */
  async whenIdle(): Promise<void> {
    while (this.#inFlight) await this.#inFlight.over;
  }

  get isIdle(): boolean {
    return this.#inFlight === undefined;
  }

  #start(): void {
    if (this.#inFlight || this.#isPausing) return;
    const { size, path } = this.#segment;
    this.#isRequested = false;
    const startMs = nowMs();
    const served = this.#takeWaiting();
    const over = this.#segment.file
      .fsync()
      .then(() => this.#covered(size))
      .then(
        () => {
          tellSync(path, nowMs() - startMs, this.#poison.isLatched ? 0 : served.length);
          this.#serve(served);
        },
        (error: unknown) => {
          tellSync(path, nowMs() - startMs, 0, error);
          this.#refuse(served, this.#failed(SYNC_FAILED, error, served.length > 0));
        },
      )
      .finally(() => {
        this.#inFlight = undefined;
        this.#nextSoon();
      });
    this.#inFlight = { size, served, over };
  }

  /**
   * After a sync, and behind all that it set going: those whom it has served append again, and wait for the same sync
   * as everyone else. Begun at once, the next one would cover the first of them alone, and the others wait for two.
   */
  #nextSoon(): void {
    this.#isPausing = true;
    runSoon(() => {
      this.#isPausing = false;
      this.#next();
    });
  }

  /** Those who wait get a sync, or learn that there will be none. */
  #next(): void {
    // Synced meanwhile, the segment may be sealed and closed.
    const isDue = this.#isRequested && this.#syncedSize !== this.#segment.size;
    if (this.#poison.isLatched) this.#serve(this.#takeWaiting());
    else if (this.#waiting.length > 0 || isDue) this.#start();
  }

  #covered(size: number): void {
    // A success behind another sync's failure proves nothing: the kernel may have told the failure to that one alone.
    if (this.#poison.isLatched || size <= this.#syncedSize) return;
    // Behind the sync, and before anything is said of it: what another program did to the file before, the sync made
    // durable in place of our records; what it does later undoes what was true when it was said. The size is to be
    // exactly what has been appended by now, not when the sync began: appends happen on this thread, whole, and none
    // is under way here. So a cut stays seen however much is appended behind it, and so do bytes put in between.
    this.#segment.requireUntouched();
    this.#onSynced(size);
    this.#syncedSize = size;
  }

  #takeWaiting(): Waiter[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }

  #serve(waiters: readonly Waiter[]): void {
    if (waiters.length === 0) return;
    if (this.#poison.isLatched) this.#refuse(waiters, this.#poison.error());
    else for (const { resolve } of waiters) resolve();
  }

  #refuse(waiters: readonly Waiter[], error: unknown): void {
    for (const { reject } of waiters) reject(error);
  }

  #failed(reason: string, cause: unknown, isTold = true): Error {
    const isChanged = isRecordLogError(cause, "ERR_DATAWAL_SEGMENT_CHANGED");
    this.#poison.latch(isChanged ? SEGMENT_CHANGED : reason, cause, isTold);
    if (isChanged) return cause;
    const { path, segment } = this.#segment;
    const message = `datawal: sync_all on segment ${path}: expected the device to take the data, it did not; nothing since the last successful fsync is known to be durable: close this handle, check the device, open again`;
    return new RecordLogError("ERR_DATAWAL_FSYNC_FAILED", message, { path, segment }, cause);
  }
}
