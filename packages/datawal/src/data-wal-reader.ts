import type { Bytes, BytesLike, RecordType } from "@datawal/format";
import { isGroupKey } from "@datawal/format/internal";
import {
  type FollowOptions,
  isRecordLogError,
  type ReaderOptions,
  type RecordLogReader,
  type RecordRef,
  type ReplayRecord,
} from "@datawal/record-log";
import {
  checkPollMs,
  madeByNew,
  namePublicClass,
  openReaderSteps,
  POLL_MS_DEFAULT,
  pause,
  readRemovedSegments,
  refreshSteps,
  requireKnownOptions,
  untilAborted,
} from "@datawal/record-log/internal";
import { errnoOf, ownOptions, runAsync, runSync, type Steps, turnTaker } from "@datawal/safeatomic/internal";
import { Checkpoint } from "./checkpoint/checkpoint.js";
import { type CheckpointSettings, checkpointOf } from "./checkpoint/checkpoint-options.js";
import { type Codecs, checkCodecs, type DecodedAs } from "./codec.js";
import type { BatchOperation } from "./data-wal.js";
import { type DataWalReaderOptions, readerOptionsOf } from "./data-wal-options.js";
import { DataWalView } from "./data-wal-view.js";
import { ChangedKeys } from "./live/changed-keys.js";
import { Projection } from "./live/projection.js";
import { OpenStore } from "./open-store.js";

/** How often a value is looked for that compactions move away. */
const ATTEMPTS = 10;

/**
 * Reads a store without a lock, also beside a live writer, and changes nothing. It sees the store as it was when it
 * was opened or last refreshed; pairs that are not yet durable may be among them.
 */
export class DataWalReader<
    KeyIn = BytesLike,
    ValueIn = BytesLike,
    KeyOut = DecodedAs<KeyIn>,
    ValueOut = DecodedAs<ValueIn>,
  >
  extends DataWalView<KeyIn, ValueIn, KeyOut, ValueOut>
  implements Disposable, AsyncDisposable
{
  readonly #reader: RecordLogReader;
  readonly #replayed: Replayed;
  readonly #store: OpenStore<KeyIn, ValueIn, KeyOut, ValueOut>;
  #refreshing: Promise<void> = Promise.resolve();

  private constructor(
    reader: RecordLogReader,
    replayed: Replayed,
    codecs: Codecs<KeyIn, ValueIn, KeyOut, ValueOut>,
  ) {
    if (codecs === undefined) throw madeByNew("DataWalReader");
    const store = new OpenStore(reader, replayed.whole(), codecs, replayed.checkpoint.use);
    super(store);
    this.#store = store;
    this.#reader = reader;
    this.#replayed = replayed;
  }

  /**
   * Opens a store for reading, and reads it through once for its keys.
   *
   * @param dir The store's directory, a path or a `file:` URL.
   * @throws As `RecordLogReader.open`; DataWalError ERR_DATAWAL_TOO_MANY_KEYS
   * @throws TypeError ERR_DATAWAL_NOT_A_CODEC
   */
  static async open<
    KeyIn = BytesLike,
    ValueIn = BytesLike,
    KeyOut = DecodedAs<KeyIn>,
    ValueOut = DecodedAs<ValueIn>,
  >(
    dir: string | URL,
    options: DataWalReaderOptions<KeyIn, ValueIn, KeyOut, ValueOut> = {},
  ): Promise<DataWalReader<KeyIn, ValueIn, KeyOut, ValueOut>> {
    const codecs = checkCodecs(options);
    const replayed = new Replayed(checkpointOf(options));
    const reader = await runAsync(replayed.openSteps(dir, readerOptionsOf(options)), options);
    return new DataWalReader(reader, replayed, codecs);
  }

  /** As {@link open}, on this thread. */
  static openSync<
    KeyIn = BytesLike,
    ValueIn = BytesLike,
    KeyOut = DecodedAs<KeyIn>,
    ValueOut = DecodedAs<ValueIn>,
  >(
    dir: string | URL,
    options: DataWalReaderOptions<KeyIn, ValueIn, KeyOut, ValueOut> = {},
  ): DataWalReader<KeyIn, ValueIn, KeyOut, ValueOut> {
    const codecs = checkCodecs(options);
    const replayed = new Replayed(checkpointOf(options));
    const reader = runSync(replayed.openSteps(dir, readerOptionsOf(options)), options);
    return new DataWalReader(reader, replayed, codecs);
  }

  /**
   * Looks at the store again. Only what is new is read, unless a segment was repaired, replaced or taken away. What was
   * seen before is shown until everything has been read, and goes on being shown where that fails.
   *
   * @throws As `RecordLogReader.refresh`; DataWalError ERR_DATAWAL_TOO_MANY_KEYS
   */
  refresh(): Promise<void> {
    const refresh = () => this.#store.operations.run(this.#refreshSteps());
    // One behind the other: what is being read anew must not be shown by somebody else's refresh.
    const refreshed = this.#refreshing.then(refresh, refresh);
    this.#refreshing = refreshed;
    return refreshed;
  }

  /** As {@link refresh}, on this thread; one that is under way it brings to its end first. */
  refreshSync(): void {
    this.#reader.refreshSync();
    this.#show();
  }

  /**
   * As {@link DataWalView.get}. Where a compaction in place has removed the segment meanwhile, looks at the store again
   * first, as {@link refreshSync}.
   */
  override get(key: KeyIn): ValueOut | undefined {
    return this.getMany([key])[0];
  }

  /** As {@link get}; all values are of one moment. */
  override getMany(keys: Iterable<KeyIn>): (ValueOut | undefined)[] {
    const all = Array.from(keys);
    for (let attempt = 1; ; attempt++) {
      const values: (ValueOut | undefined)[] = [];
      try {
        for (const key of all) values.push(super.get(key));
        return values;
      } catch (error) {
        if (attempt === ATTEMPTS || !this.#isCompactedAway(all[values.length]!, error)) throw error;
        this.refreshSync();
      }
    }
  }

  /**
   * Yields every live pair, then what changes, for ever: for each key that was put or deleted since, what has become of it
   * by then, once. Whoever does to a map of their own what is yielded has the pairs of the store: where the log was repaired
   * or compacted, pairs may be yielded again that are as they were, and keys deleted that were not there. Refreshes this reader as it goes, so that `get` and the others see the same.
   *
   * @param options.signal Ends it: it throws `signal.reason`.
   * @param options.pollMs How long to wait before looking again, 1 to 2^31 - 1 milliseconds; 50 when absent.
   * @returns Holds the keys in memory that are to be yielded: all live ones at the beginning. It ends with ERR_DATAWAL_CLOSED
   * when the reader is closed, and as {@link refresh} and {@link get}.
   * @throws RangeError, TypeError ERR_DATAWAL_BAD_OPTION
   */
  follow(
    options: Pick<FollowOptions, "signal" | "pollMs"> = {},
  ): AsyncGenerator<BatchOperation<KeyOut, ValueOut>, never, void> {
    requireKnownOptions(options, FOLLOW_OPTIONS);
    const { pollMs = POLL_MS_DEFAULT, signal } = ownOptions(options);
    checkPollMs(pollMs);
    return this.#follow(pollMs, this.#store.operations.endingSignal(signal));
  }

  async *#follow(
    pollMs: number,
    signal: AbortSignal,
  ): AsyncGenerator<BatchOperation<KeyOut, ValueOut>, never, void> {
    const takeTurn = turnTaker();
    /** Whether there is a pair with the key of groups' heads, which another program has put: a head deletes it. */
    let hasHeadPair = false;
    const changed = new ChangedKeys();
    changed.addAll(this.#store.projection.keydir);
    this.#replayed.followers.add(changed);
    try {
      for (;;) {
        for (let key = changed.take(); key !== undefined; key = changed.take()) {
          await takeTurn();
          signal.throwIfAborted();
          const change = this.#becomeOf(key);
          const isHead = isGroupKey(key) && change.type === "delete" && !hasHeadPair;
          if (isGroupKey(key)) hasHeadPair = change.type === "put";
          if (!isHead) yield change;
        }
        await pause(pollMs, signal);
        await untilAborted(this.refresh(), signal);
      }
    } finally {
      this.#replayed.followers.delete(changed);
    }
  }

  /** Where the log was repaired or compacted since the last look, it is looked at again. */
  #becomeOf(key: Bytes): BatchOperation<KeyOut, ValueOut> {
    for (let attempt = 1; ; attempt++) {
      const ref = this.#store.projection.keydir.get(key);
      try {
        const value = ref && this.#store.readValue(key, ref);
        const decoded = this.#store.decodeKey(key);
        return ref
          ? { type: "put", key: decoded, value: value as ValueOut }
          : { type: "delete", key: decoded };
      } catch (error) {
        if (attempt === ATTEMPTS || !isRecordLogError(error, "ERR_DATAWAL_READER_STALE")) throw error;
        this.refreshSync();
      }
    }
  }

  /** Closes the reader and ends what runs with ERR_DATAWAL_CLOSED. Idempotent. */
  close(): Promise<void> {
    return this.#reader.close();
  }

  /** As {@link close}, on this thread. */
  closeSync(): void {
    this.#reader.closeSync();
  }

  [Symbol.dispose](): void {
    this.closeSync();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** No turn of the event loop, and no microtask, between the two: places in one log mean nothing in another. */
  *#refreshSteps(): Steps<void> {
    yield* refreshSteps(this.#reader);
    this.#show();
  }

  /** Whether a value could not be read since a compaction has removed its segment: no other hand may pass for one. */
  #isCompactedAway(key: KeyIn, error: unknown): boolean {
    if (!isRecordLogError(error, "ERR_DATAWAL_READER_STALE") || errnoOf(error.cause) !== "ENOENT")
      return false;
    const segment = this.refOf(key)?.segment;
    return (
      segment !== undefined && readRemovedSegments(this.#store.disk).unnamed(segment, segment).length === 0
    );
  }

  #show(): void {
    this.#store.projection = this.#replayed.whole();
  }
}

namePublicClass(DataWalReader, "DataWalReader");

/** What a log reader has replayed, from the start or since it last had to begin anew. */
class Replayed {
  /** Who is told which keys have changed when what is shown changes. */
  readonly followers = new Set<ChangedKeys>();
  /** What is shown. */
  #shown: Projection | undefined;
  /** What has been read of a log that is read from its start. */
  #anew: Projection | undefined = new Projection();
  /** What a refresh that is under way has found behind what is shown. */
  #later = new LaterRecords();

  /** Ids that compactions have removed, and what is shown does not know yet. */
  #removed: number[] = [];
  readonly checkpoint: Checkpoint;

  constructor(settings: CheckpointSettings) {
    this.checkpoint = new Checkpoint(settings, (projection) => {
      this.#anew = projection;
    });
  }

  openSteps(dir: string | URL, options: ReaderOptions): Steps<RecordLogReader> {
    return openReaderSteps(dir, { ...options, ...this.callbacks }, this.checkpoint.know);
  }

  readonly callbacks: Required<Pick<ReaderOptions, "replay" | "onReset" | "onRemoved">> = {
    replay: (record) => {
      if (this.#anew) this.#anew.replay(record);
      else this.#later.add(record);
    },
    onReset: () => {
      this.#anew = new Projection();
      this.#later = new LaterRecords();
      this.#removed = [];
    },
    onRemoved: (segments) => {
      this.#removed.push(...segments);
    },
  };

  /** All that has been replayed, the log having been read to its end. */
  whole(): Projection {
    if (this.#anew) this.#tell((follower) => this.#shown && follower.addAll(this.#shown.keydir));
    if (this.#anew) this.#tell((follower) => follower.addAll(this.#anew!.keydir));
    this.#shown = this.#anew ?? this.#shown!;
    this.#anew = undefined;
    this.#tell((follower) => this.#later.tell(follower));
    this.#later.applyTo(this.#shown);
    this.#later = new LaterRecords();
    const { keydir } = this.#shown;
    this.#tell((follower) => follower.addThoseIn(this.#removed, keydir));
    this.#shown.forget(this.#removed);
    this.#removed = [];
    return this.#shown;
  }

  #tell(of: (follower: ChangedKeys) => void): void {
    for (const follower of this.followers) of(follower);
  }
}

const FOLLOW_OPTIONS = { signal: true, pollMs: true } as const;

/** Records that are to be taken in together. */
class LaterRecords {
  readonly #records: (RecordRef & { type: RecordType; key: Uint8Array })[] = [];
  #appliedCount = 0;

  add({ type, key, segment, offset, len }: ReplayRecord): void {
    this.#records.push({ type, key: key.slice(), segment, offset, len });
  }

  tell(follower: ChangedKeys): void {
    for (const { key } of this.#records) follower.add(key);
  }

  /** Where there are too many keys, goes on behind those that were taken in when it is called again. */
  applyTo(projection: Projection): void {
    for (; this.#appliedCount < this.#records.length; this.#appliedCount++) {
      const record = this.#records[this.#appliedCount]!;
      projection.apply(record.type, record.key, record);
    }
  }
}
