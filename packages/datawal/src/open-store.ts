import type { Bytes } from "@datawal/format";
import { RecordLogError, type RecordRef } from "@datawal/record-log";
import { type LogBase, type OpenLog, openLogOf } from "@datawal/record-log/internal";
import { type ProgressStep, type Steps, sleep, waitFor } from "@datawal/safeatomic/internal";
import type { CheckpointUse } from "./checkpoint/checkpoint.js";
import { type Codec, type Codecs, encodeWith } from "./codec.js";
import { DataWalError, showKey } from "./data-wal-error.js";
import { LiveSnapshot } from "./live/live-snapshot.js";
import { readLiveValue } from "./live/live-value.js";
import type { Projection } from "./live/projection.js";

/** How long a wait for readers hears nothing. */
const WAIT_MS = 20;

/** How many reads of single records memory has answered (`cacheBytes`), and how many the disk. */
export interface CacheUse {
  hits: number;
  misses: number;
}

/** What a handle on a store has until it is closed: the log, what is live in it, and the codecs. */
export class OpenStore<KeyIn, ValueIn, KeyOut, ValueOut> {
  readonly log: LogBase;
  /** Replaced as a whole when a reader finds that the log was. */
  projection: Projection;
  readonly codecs: Codecs<KeyIn, ValueIn, KeyOut, ValueOut>;
  readonly checkpoint: CheckpointUse;
  /** Set where the key directory is not what the log says: nothing is read or written through it any more. */
  poison: RecordLogError | undefined;
  readonly disk: OpenLog["store"];
  readonly operations: OpenLog["operations"];
  /** Settled when what reads a snapshot under way has come to its end. */
  readonly #reading = new Set<Promise<void>>();
  /** Whether it is open, and what runs until it is closed, is the log's to say. */
  readonly #open: OpenLog;

  constructor(
    log: LogBase,
    projection: Projection,
    codecs: Codecs<KeyIn, ValueIn, KeyOut, ValueOut>,
    checkpoint: CheckpointUse,
  ) {
    this.log = log;
    this.projection = projection;
    this.codecs = codecs;
    this.checkpoint = checkpoint;
    this.#open = openLogOf(log);
    this.disk = this.#open.store;
    this.operations = this.#open.operations;
  }

  /** @throws RecordLogError ERR_DATAWAL_CLOSED, ERR_DATAWAL_POISONED */
  requireOpen(): void {
    this.#open.requireOpen();
    if (this.poison) throw this.poison;
  }

  get cacheUse(): CacheUse {
    const { hits, misses } = this.#open.handles;
    return { hits, misses };
  }

  encodeKey(key: KeyIn): Bytes {
    return encodeWith(this.codecs.key, key, "key");
  }

  decodeKey(key: Bytes): KeyOut {
    return this.#decode(this.codecs.key, key, "key", key);
  }

  readValue(key: Bytes, ref: RecordRef): ValueOut {
    return this.#decode(
      this.codecs.value,
      readLiveValue(this.log, this.#open.handles, key, ref),
      "value",
      key,
    );
  }

  /** Runs what reads the pairs that are live now, at its leisure: until it ends, nothing that it may read is removed. */
  *readSnapshot<T>(read: (snapshot: LiveSnapshot) => Steps<T>): Steps<T> {
    this.requireOpen();
    const snapshot = new LiveSnapshot(this.log, this.projection.keydir);
    let end = () => {};
    const reading = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#reading.add(reading);
    try {
      return yield* read(snapshot);
    } finally {
      this.#reading.delete(reading);
      end();
    }
  }

  /**
   * Waits until all have ended that read a snapshot now; they may wait for this one, and never end before it is given up.
   *
   * @throws RecordLogError ERR_DATAWAL_REENTRANT on this thread
   */
  *waitForReaders(progress: ProgressStep): Steps<void> {
    let isOver = this.#reading.size === 0;
    const over = Promise.all(this.#reading).then(() => {
      isOver = true;
    });
    while (!isOver) {
      yield* waitFor(
        () => Promise.race([over, sleep(WAIT_MS)]),
        () => this.requireNoReaders(),
      );
      yield progress;
    }
  }

  /** @throws RecordLogError ERR_DATAWAL_REENTRANT */
  requireNoReaders(): void {
    if (this.#reading.size > 0) throw reading(this.log.dir);
  }

  #decode<Out>(codec: Codec<never, Out>, stored: Bytes, what: "key" | "value", key: Bytes): Out {
    try {
      return codec.decode(stored);
    } catch (cause) {
      const path = this.disk.directory;
      const message = `${path}: expected the ${what} of key ${showKey(key)} to be what its codec writes, found ${stored.length} bytes that it refuses; open the store with the codecs it was written with`;
      throw new DataWalError("ERR_DATAWAL_DECODE_FAILED", message, { path, what, key }, cause);
    }
  }
}

function reading(path: string): RecordLogError {
  const message = `${path}: expected no compactTo or exportJsonl under way; await it, or use compact(), which waits for it`;
  return new RecordLogError("ERR_DATAWAL_REENTRANT", message, { path });
}
