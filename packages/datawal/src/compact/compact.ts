import { RecordType } from "@datawal/format";
import { GROUP_KEY, isGroupKey, NO_BYTES } from "@datawal/format/internal";
import type { LogRecord, RecordLog } from "@datawal/record-log";
import { RecordLogError } from "@datawal/record-log";
import {
  badOption,
  type OpenLog,
  type OptionNames,
  removeCompactedSteps,
  requireCompactable,
  requireKnownOptions,
} from "@datawal/record-log/internal";
import type { FileStat, LongOperationOptions } from "@datawal/safeatomic";
import {
  fsyncFile,
  isSameFile,
  ownOptions,
  type ProgressStep,
  type Steps,
} from "@datawal/safeatomic/internal";
import type { Projection } from "../live/projection.js";

export interface CompactOptions extends LongOperationOptions {
  /**
   * Segments of which less than this share is waste are left, 0 to 1; 0 when absent, so that all waste goes. The higher
   * it is, the less is written again for each byte that is freed.
   */
  minWasteRatio?: number | undefined;
}

const COMPACT_OPTIONS: OptionNames<CompactOptions> = { signal: true, onProgress: true, minWasteRatio: true };

/** What a compaction in place did. */
export interface CompactionInPlaceResult {
  /** Bytes of all segments when it began. */
  bytesBefore: number;
  /** Bytes of all segments when it ended; of what was written meanwhile, too. */
  bytesAfter: number;
  /** Records that were written again since they are still needed. */
  recordsMoved: number;
  /** Bytes of these. */
  bytesMoved: number;
  /** Ids, ascending. */
  segmentsRemoved: number[];
  /** Sealed segments that hold waste and were left, ascending; a run of `autoCompact` ends where enough is free. */
  left: LeftSegment[];
}

export interface LeftSegment {
  segment: number;
  wasteBytes: number;
  /**
   * `little-waste`: less than asked for. `no-space`: the disk has no room for what is needed of it; a later run may find
   * some. `raw-record`: it holds a Raw record, which is no part of a key/value store, or a Put of the key that only
   * heads of groups have, and is kept where it is. `behind-raw-record`: such a segment comes before it.
   */
  reason: "little-waste" | "no-space" | "raw-record" | "behind-raw-record";
}

/** For the marker, a new segment, and what a file system needs itself: a full disk is better left than failed upon. */
const SPARE_BYTES = 64 * 1024;

/** A store that is open for writing, to its compaction. */
export interface CompactedStore {
  readonly log: RecordLog;
  readonly disk: OpenLog["store"];
  readonly projection: Projection;
  /** Appends a record as any other, and takes it in. */
  append(record: LogRecord): void;
  /** Waits for those that read, at their leisure, places that were live until now. */
  waitForReaders(progress: ProgressStep): Steps<void>;
}

/**
 * Writes what is still needed of segments with waste again at the log's end, and removes them, one by one, the oldest
 * first (disk-rules R17). No segment is ever changed; a crash at any moment leaves the same live pairs.
 *
 * @param isEnough Asked before each segment: whether it may end there.
 */
export function* compactInPlaceSteps(
  store: CompactedStore,
  minWasteRatio: number,
  isEnough = () => false,
): Steps<CompactionInPlaceResult> {
  return yield* new Compaction(store, minWasteRatio, isEnough).run();
}

/** @throws RangeError, TypeError ERR_DATAWAL_BAD_OPTION */
export function minWasteRatioOf(given: CompactOptions | undefined): number {
  requireKnownOptions(given, COMPACT_OPTIONS);
  const { minWasteRatio = 0 } = ownOptions(given ?? {});
  if (!(typeof minWasteRatio === "number" && minWasteRatio >= 0 && minWasteRatio <= 1))
    throw badOption("minWasteRatio", "a share, 0 to 1", minWasteRatio, RangeError);
  return minWasteRatio;
}

class Compaction {
  readonly #store: CompactedStore;
  readonly #minWasteRatio: number;
  readonly #isEnough: () => boolean;
  readonly #result: CompactionInPlaceResult;
  /** Of the segments that it has read, and that it is to read as it looks when it begins. */
  #bytesDone = 0;
  readonly #bytesTotal: number;

  constructor(store: CompactedStore, minWasteRatio: number, isEnough: () => boolean) {
    this.#store = store;
    this.#minWasteRatio = minWasteRatio;
    this.#isEnough = isEnough;
    const { space } = store.projection;
    const bytes = space.totalBytes;
    this.#bytesTotal = space.segments
      .filter(({ segment }) => space.wasteOf(segment) > 0 && !this.#hasLittleWaste(segment))
      .reduce((sum, { totalBytes }) => sum + totalBytes, 0);
    this.#result = {
      bytesBefore: bytes,
      bytesAfter: bytes,
      recordsMoved: 0,
      bytesMoved: 0,
      segmentsRemoved: [],
      left: [],
    };
  }

  *run(): Steps<CompactionInPlaceResult> {
    const { log, projection } = this.#store;
    const { space } = projection;
    requireCompactable(log);
    yield* this.#sealWaste();
    for (const segment of log.segments.slice(0, -1)) {
      if (space.of(segment).totalBytes > 0 && space.wasteOf(segment) === 0) continue;
      if (this.#isEnough()) break;
      yield* this.#compact(segment);
    }
    this.#result.bytesAfter = space.totalBytes;
    this.#bytesDone = this.#bytesTotal;
    yield this.#progress(0);
    return this.#result;
  }

  /** The active segment is never a victim: its waste is sealed first. */
  *#sealWaste(): Steps<void> {
    const { log, projection } = this.#store;
    yield this.#progress(0);
    const { activeSegment } = log;
    if (projection.space.wasteOf(activeSegment) === 0 || this.#hasLittleWaste(activeSegment)) return;
    if (!this.#hasRoom(0)) return;
    yield* fsyncFile(log);
    if (log.activeSegment === activeSegment) log.rotateSync();
  }

  *#compact(segment: number): Steps<void> {
    const { log, disk, projection } = this.#store;
    const { space } = projection;
    requireCompactable(log);
    const reason = this.#reasonToLeave(segment);
    if (reason) {
      this.#result.left.push({ segment, wasteBytes: space.wasteOf(segment), reason });
      return;
    }
    const file = disk.fileSystem.stat(disk.path(segment));
    yield* this.#moveNeeded(segment, file);
    this.#bytesDone += space.of(segment).totalBytes;
    yield* this.#store.waitForReaders(this.#progress(0));
    try {
      yield* removeCompactedSteps(log, segment, () => this.#requireFile(segment, file));
    } finally {
      if (!log.segments.includes(segment)) space.drop(segment);
    }
    this.#result.segmentsRemoved.push(segment);
  }

  #reasonToLeave(segment: number): LeftSegment["reason"] | undefined {
    const { space, keydir } = this.#store.projection;
    const { liveBytes, tombstoneBytes, rawBytes } = space.of(segment);
    if (this.#result.left.some(({ reason }) => reason === "raw-record")) return "behind-raw-record";
    if (rawBytes > 0) return "raw-record";
    // Another program's: no Put of ours has that key.
    if (keydir.get(GROUP_KEY)?.segment === segment) return "raw-record";
    if (this.#hasLittleWaste(segment)) return "little-waste";
    return this.#hasRoom(liveBytes + tombstoneBytes) ? undefined : "no-space";
  }

  #hasRoom(byteCount: number): boolean {
    const { fileSystem, directory } = this.#store.disk;
    return (fileSystem.freeBytes?.(directory) ?? Infinity) >= byteCount + SPARE_BYTES;
  }

  #hasLittleWaste(segment: number): boolean {
    const { space } = this.#store.projection;
    return space.wasteOf(segment) < this.#minWasteRatio * space.of(segment).totalBytes;
  }

  /** @throws RecordLogError ERR_DATAWAL_SEGMENT_CHANGED: the segment is not what the log had; it stays */
  *#moveNeeded(segment: number, file: FileStat | undefined): Steps<void> {
    const { log, projection, append } = this.#store;
    const { totalBytes } = projection.space.of(segment);
    let end = 0;
    for (const record of totalBytes === 0 ? [] : log.scan({ from: { segment, offset: 0 } })) {
      if (record.segment !== segment) break;
      // In one turn of the event loop: a put in between would be undone.
      const needed = this.#neededFor(record);
      if (needed) {
        append(needed);
        this.#result.recordsMoved++;
        this.#result.bytesMoved += needed.len;
      }
      end = record.offset + record.len;
      yield this.#progress(end);
      if (end >= totalBytes) break;
    }
    const isMoved = end === totalBytes && projection.space.of(segment).liveBytes === 0;
    this.#requireFile(segment, isMoved ? file : undefined);
  }

  /** @param file What was read; `undefined` where that was not what the log had. */
  #requireFile(segment: number, file: FileStat | undefined): void {
    const { disk, projection } = this.#store;
    const path = disk.path(segment);
    const found = disk.fileSystem.stat(path);
    const { totalBytes } = projection.space.of(segment);
    if (file && found && isSameFile(found, file) && found.size === totalBytes) return;
    throw victimChanged(path, totalBytes, found?.size ?? 0);
  }

  /** What is to be appended so that a record can go. */
  #neededFor(record: LogRecord): LogRecord | undefined {
    const { log, projection } = this.#store;
    const { type, txid, segment, offset } = record;
    const isHead = type === RecordType.Delete && isGroupKey(record.key);
    // A head is never written again: where its txid has to be kept, any record does that needs to be, or is superfluous.
    const key = isHead ? NO_BYTES : record.key;
    const place = projection.keydir.get(key);
    if (type === RecordType.Put && place?.segment === segment && place.offset === offset) return record;
    const tombstone = { ...record, key, type: RecordType.Delete, payload: NO_BYTES };
    // Were it gone, txids would begin again. Where they are not in order it may have been superseded.
    if (txid === log.lastTxid) return place ? log.read(place) : tombstone;
    // In a segment that was left a Put may lie that it has deleted.
    const isNeeded = type === RecordType.Delete && !isHead && !place && this.#result.left.length > 0;
    return isNeeded ? tombstone : undefined;
  }

  /** @param byteCount of the segment at hand. */
  #progress(byteCount: number): ProgressStep {
    return {
      kind: "progress",
      bytesDone: Math.min(this.#bytesTotal, this.#bytesDone + byteCount),
      bytesTotal: this.#bytesTotal,
    };
  }
}

function victimChanged(path: string, expected: number, actual: number): RecordLogError {
  const message = `${path}: expected the ${expected} bytes of records that the segment had, found ${actual} bytes, or other ones: another program changed it; it stays: run verifyLog, and keep that program from the store`;
  return new RecordLogError("ERR_DATAWAL_SEGMENT_CHANGED", message, { path, expected, actual });
}
