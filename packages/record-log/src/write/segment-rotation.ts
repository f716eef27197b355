import { fsyncDirectorySteps, openedStat, runSync } from "@datawal/safeatomic/internal";
import { tellRotation } from "../events.js";
import type { StoreSettings } from "../open-options.js";
import { RecordLogError } from "../record-log-error.js";
import type { RecoveredLog } from "../repair/recover.js";
import type { DirectoryLock } from "../store/directory-lock.js";
import type { FrameRing } from "../store/frame-ring.js";
import type { Store } from "../store/store.js";
import { SEGMENT_ID_MAX } from "../store/store-names.js";
import { fileNumbersOf, formatSyncNote, type SyncNote } from "../store/sync-note.js";
import { ActiveSegment } from "./active-segment.js";
import { GroupCommit } from "./group-commit.js";
import type { Poison } from "./poison.js";
import { SyncEvery } from "./sync-every.js";

/** A sync that nobody waits for is started when more than this is unsynced, so that a rotation finds little to do (R3). */
const UNSYNCED_BYTES_MAX = 8 * 1024 * 1024;
/** Close to a segment's end less may be: the rotation syncs the rest while its caller waits, at about a megabyte a millisecond. */
const END_BYTES = 2 * 1024 * 1024;
const UNSYNCED_BYTES_MAX_AT_END = 512 * 1024;

/** What is set of how a log is written. */
export type WriteSettings = Pick<StoreSettings, "segmentBytesMax" | "fsyncEveryMs">;

/** The segments of a log that is open for writing: the active one with its syncs, and how the next one is begun. */
export class SegmentRotation {
  /** Ids in ascending order; the last one is active. */
  readonly ids: number[];
  active: ActiveSegment;
  /** The syncs of the active segment. */
  commit: GroupCommit;
  readonly store: Store;
  readonly lock: DirectoryLock;
  readonly poison: Poison;
  readonly #ring: FrameRing;
  readonly #bytesMax: number;
  readonly #syncEvery: SyncEvery | undefined;
  /** Resolves when the syncs that sealed segments still had in flight are over, and their descriptors closed. */
  #retired: Promise<unknown> = Promise.resolve();
  /** How many those are. */
  #retiring = 0;

  constructor(
    store: Store,
    lock: DirectoryLock,
    poison: Poison,
    ring: FrameRing,
    { segmentBytesMax, fsyncEveryMs }: WriteSettings,
    { segments, active }: RecoveredLog,
  ) {
    this.ids = segments;
    this.store = store;
    this.lock = lock;
    this.poison = poison;
    this.#ring = ring;
    this.#bytesMax = segmentBytesMax;
    this.#syncEvery =
      fsyncEveryMs === undefined ? undefined : new SyncEvery(fsyncEveryMs, () => this.commit.request());
    this.active = new ActiveSegment(store, ring, segments.at(-1)!, active);
    this.commit = this.#commitOf(this.active);
  }

  /** What is known to be durable of the active segment. */
  get syncNote(): SyncNote {
    return noteOf(this.active, this.commit.syncedSize);
  }

  /** Rotates where `byteCount` more would exceed the limit; at the id limit appending goes on in the last segment. */
  rotateIfFull(byteCount: number): void {
    const { segment, size } = this.active;
    if (size > 0 && size + byteCount > this.#bytesMax && segment < SEGMENT_ID_MAX) this.rotate();
  }

  /**
   * Starts a sync nobody waits for, where much is unsynced, or for long: to be called behind each append. Not while a sealed segment's
   * sync goes on: a program that gives the event loop no turn would gather descriptors, two a segment.
   */
  syncIfBehind(): void {
    const mayBegin = this.#retiring === 0;
    this.#syncEvery?.appended(mayBegin);
    if (!mayBegin) return;
    const isAtEnd = this.active.size > this.#bytesMax - END_BYTES;
    this.commit.startIfBehind(isAtEnd ? UNSYNCED_BYTES_MAX_AT_END : UNSYNCED_BYTES_MAX);
  }

  /** Seals the active segment, durably, and begins the next one (disk-rules R3). */
  rotate(): void {
    const sealed = this.active;
    const next = sealed.segment + 1;
    if (next > SEGMENT_ID_MAX) throw segmentIdLimit(sealed.path, next);
    this.lock.requireInPlace();
    this.commit.fsyncSync("rotate sync_all on previous segment failed");
    this.commit.requireUntouched();
    this.#begin(next);
  }

  /** Resolves when no sync is in flight, and of sealed segments none is open. */
  async whenIdle(): Promise<void> {
    await this.commit.whenIdle();
    await this.#retired;
  }

  /** Closes the active segment's descriptors, after the sync that may be in flight. */
  close(): void {
    this.#syncEvery?.end();
    this.#retire(this.active, this.commit);
  }

  #commitOf(active: ActiveSegment): GroupCommit {
    return new GroupCommit(active, active.size, this.poison, (size) => this.#noteSynced(active, size));
  }

  #noteSynced(active: ActiveSegment, size: number): void {
    this.lock.writeNote(formatSyncNote(noteOf(active, size), this.store.crc));
  }

  #begin(segment: number): void {
    const { fileSystem, directory } = this.store;
    const path = this.store.path(segment);
    let reason = "rotate create new segment failed";
    try {
      const created = openedStat(fileSystem, path, "create");
      reason = "rotate fsync_dir after segment create failed";
      runSync(fsyncDirectorySteps(fileSystem, directory));
      reason = "rotate open new active segment failed";
      const next = new ActiveSegment(this.store, this.#ring, segment, created);
      reason = "rotate close previous segment failed";
      this.#switchTo(next);
      reason = "rotate note of new active segment failed";
      this.#noteSynced(this.active, 0);
      tellRotation(directory, segment - 1, segment);
    } catch (cause) {
      this.poison.latch(reason, cause);
      throw rotateFailed(reason, path, segment, cause);
    }
  }

  #switchTo(next: ActiveSegment): void {
    const sealed = this.active;
    const commit = this.commit;
    this.active = next;
    this.commit = this.#commitOf(next);
    this.ids.push(next.segment);
    this.#retire(sealed, commit);
  }

  /** Closes a segment to which nothing more will be appended, at once or when its sync in flight is over. */
  #retire(segment: ActiveSegment, commit: GroupCommit): void {
    if (commit.isIdle) {
      segment.close();
      return;
    }
    this.#retiring++;
    const closed = commit.whenIdle().then(() => {
      this.#retiring--;
      segment.close();
    });
    const latch = (cause: unknown) => this.poison.latch("close of sealed segment failed", cause, false);
    this.#retired = Promise.all([this.#retired, closed.catch(latch)]);
  }
}

function noteOf({ segment, identity }: ActiveSegment, size: number): SyncNote {
  return { segment, size, file: fileNumbersOf(identity) };
}

function rotateFailed(reason: string, path: string, segment: number, cause: unknown): RecordLogError {
  const message = `datawal: ${reason}: ${path}: expected a new segment, the file system refused; what was appended before is durable: close this handle, see the cause, open again`;
  return new RecordLogError("ERR_DATAWAL_ROTATE_FAILED", message, { path, segment }, cause);
}

function segmentIdLimit(path: string, segment: number): RecordLogError {
  const message = `${path}: expected an id of at most ${SEGMENT_ID_MAX} for the next segment, found ${segment}: names have eight digits; nothing was written: compact the store into a new one`;
  return new RecordLogError("ERR_DATAWAL_SEGMENT_ID_LIMIT", message, { path, segment });
}
