import type { FileStat, FileSystem } from "@datawal/safeatomic";
import {
  errnoOf,
  fsyncDirectorySteps,
  fsyncFile,
  openedStat,
  type Steps,
} from "@datawal/safeatomic/internal";
import { reportTail } from "../inspect/count-beyond.js";
import { lastFrame } from "../inspect/frame-mark.js";
import { Inspection, type SegmentFindings } from "../inspect/inspection.js";
import type { KnowSegments } from "../inspect/known-segments.js";
import { lostBytesWarnings, missingSegmentWarnings } from "../inspect/note-witness.js";
import type { RecoveryWarning } from "../inspect/recovery-warning.js";
import { isNoSpace, requireKnownGroups, requireNoObjection, requireSound } from "../inspect/refusal.js";
import { replayVisitor } from "../inspect/replay-record.js";
import { listingWarnings, type RecoveryReport, wasSearchExhausted } from "../inspect/report.js";
import type { StoreSettings } from "../open-options.js";
import type { DirectoryLock } from "../store/directory-lock.js";
import { listStore, type StoreListing } from "../store/listing.js";
import { readMarkedNote, readRemovedSegments, writeRemovedSegments } from "../store/removed-segments.js";
import { isLinked, requireSegment, requireUnlinked } from "../store/segment-file.js";
import type { Store } from "../store/store.js";
import { syncStoreDirectory } from "../store/store-directory.js";
import { FIRST_SEGMENT_ID, SEGMENT_ID_MAX } from "../store/store-names.js";
import {
  fileNumbersOf,
  formatSyncNote,
  NO_SYNC_NOTE,
  notedSize,
  parseSyncNote,
  type SyncNote,
} from "../store/sync-note.js";
import { keepForeignTail } from "./keep-foreign-tail.js";
import { applyJournal, JournalWriter } from "./tail-journal.js";
import { repairTail } from "./tail-repair.js";

/** A log that is open for writing: all of it is proven to be on disk, and the next append goes to its end. */
export interface RecoveredLog {
  /** Ids in ascending order; the last one is active. */
  segments: number[];
  /** The file of the active segment, and its bytes. */
  active: SegmentFile;
  report: RecoveryReport;
}

type SegmentFile = Pick<FileStat, "size" | "identity">;

/**
 * Brings a locked store into a state that may be appended to (disk-rules R1, R4 to R8). What it reports is durable
 * when it returns. But for the end of a repair that was interrupted, nothing of a segment is changed before the log is
 * found fit to be opened.
 */
export function recover(
  settings: StoreSettings,
  store: Store,
  lock: DirectoryLock,
  know?: KnowSegments,
): Steps<RecoveredLog> {
  return new Recovery(settings, store, lock, know).run();
}

class Recovery {
  readonly #isStrict: boolean;
  readonly #store: Store;
  readonly #fileSystem: FileSystem;
  readonly #lock: DirectoryLock;
  readonly #inspection: Inspection;
  readonly #warnings: RecoveryWarning[] = [];
  readonly #know: KnowSegments | undefined;
  #note: SyncNote | undefined;

  constructor(
    { isStrict, replay }: StoreSettings,
    store: Store,
    lock: DirectoryLock,
    know: KnowSegments | undefined,
  ) {
    this.#isStrict = isStrict;
    this.#know = isStrict ? undefined : know;
    this.#store = store;
    this.#fileSystem = store.fileSystem;
    this.#lock = lock;
    this.#inspection = new Inspection(store, replay && replayVisitor(replay));
    this.#note = parseSyncNote(lock.note, store.crc);
  }

  *run(): Steps<RecoveredLog> {
    // First of all: the removal of a journal may be unsynced, and undone by a power cut it would be applied again.
    const { directory } = this.#store;
    const canSyncDirectory = yield* syncStoreDirectory(this.#fileSystem, directory);
    if (!canSyncDirectory) this.#warnings.push({ kind: "directory-sync-unsupported", path: directory });
    if (this.#lock.isLinked) this.#warnings.push({ kind: "lock-linked", path: this.#lock.path });
    const listing = listStore(this.#fileSystem, directory);
    for (const name of listing.temporaries) this.#fileSystem.removeFile(this.#store.file(name));
    yield* this.#finishRepairs(listing);
    this.#warnings.push(...missingSegmentWarnings(this.#note, listing.segments.at(-1)));
    if (listing.segments.length === 0) {
      yield* this.#createFirstSegment();
      listing.segments.push(FIRST_SEGMENT_ID);
    }
    yield* this.#readSealed(listing.segments);
    return yield* this.#recoverActive(listing);
  }

  *#finishRepairs(listing: StoreListing): Steps<void> {
    const { journals } = listing;
    for (const segment of journals) {
      this.#lock.requireInPlace();
      const path = this.#store.path(segment);
      if (this.#fileSystem.stat(path)) requireUnlinked(path, openedStat(this.#fileSystem, path, "append"));
      yield* keepForeignTail(this.#store, segment, listing);
      const repaired = yield* applyJournal(this.#store, segment);
      this.#writeNote(segment, repaired);
    }
    journals.length = 0;
  }

  *#createFirstSegment(): Steps<void> {
    // Refused later, the empty segment would hide at the next open that another one is missing.
    if (this.#isStrict)
      requireNoObjection(this.#store.directory, { warnings: this.#warnings, validFramesBeyond: undefined });
    // It speaks of a file that is gone, and whose inode the new one may have got.
    this.#note = undefined;
    yield* this.#createSegment(FIRST_SEGMENT_ID);
  }

  *#createSegment(segment: number): Steps<SegmentFile> {
    const created = openedStat(this.#fileSystem, this.#store.path(segment), "create");
    yield* fsyncDirectorySteps(this.#fileSystem, this.#store.directory);
    return created;
  }

  *#readSealed(segments: readonly number[]): Steps<void> {
    const removed = readRemovedSegments(this.#store);
    const listed = { store: this.#store, segments, removed, note: this.#note, isForWriting: true };
    const known = this.#know ? yield* this.#know(listed) : [];
    this.#inspection.takeKnown(known);
    this.#inspection.expect(segments.slice(known.length));
    for (const segment of segments.slice(known.length, -1)) {
      requireSound(yield* this.#inspection.read(segment, false), false);
    }
  }

  *#recoverActive(listing: StoreListing): Steps<RecoveredLog> {
    const segment = listing.segments.at(-1)!;
    const { file, provenSize } = yield* this.#proveActive(segment);
    const journal = new JournalWriter(this.#store, segment, provenSize);
    try {
      const findings = yield* this.#inspection.read(segment, true, (reader) => journal.keep(reader));
      // What the sync proved is what was read.
      requireSegment(findings.path, file, findings);
      const report = yield* this.#judge(listing, findings);
      let active: SegmentFile = file;
      if (findings.damage || journal.byteCount > 0) {
        requireUnlinked(findings.path, file);
        active = yield* this.#repair(findings, journal, provenSize, report);
      }
      this.#writeNote(segment, active);
      yield* this.#pruneMarker(listing.segments);
      if (isLinked(file)) active = yield* this.#beginBehind(file, listing.segments);
      return { segments: listing.segments, active, report };
    } finally {
      journal.discard();
    }
  }

  /**
   * Takes out of the marker what it names and is there, or will be: were that taken away by hand, nobody would be told
   * (disk-rules R17). Without space the next open does it.
   */
  *#pruneMarker(segments: readonly number[]): Steps<void> {
    const removed = readRemovedSegments(this.#store);
    const pruned = removed.without(segments);
    if (`${pruned}` === `${removed}`) return;
    this.#lock.requireInPlace();
    try {
      yield* writeRemovedSegments(this.#store, pruned, this.#note);
    } catch (error) {
      if (!isNoSpace(error)) throw error;
    }
  }

  /** Leaves a segment that has other names as it is, and begins the next one (disk-rules R19). */
  *#beginBehind(linked: FileStat, segments: number[]): Steps<SegmentFile> {
    const segment = segments.at(-1)! + 1;
    if (segment > SEGMENT_ID_MAX) requireUnlinked(this.#store.path(segment - 1), linked);
    const created = yield* this.#createSegment(segment);
    this.#writeNote(segment, created);
    segments.push(segment);
    return created;
  }

  /**
   * How many bytes of the active segment are known to be on disk. A note tells it. Without one a successful sync
   * does; a failed one proves nothing, and since the kernel tells a failure only once, that is noted before it can:
   * behind it the note might not be writable.
   */
  *#proveActive(segment: number): Steps<{ file: FileStat; provenSize: number }> {
    const marked = readMarkedNote(this.#store);
    const opened = this.#fileSystem.open(this.#store.path(segment), "append");
    try {
      const file = opened.stat();
      const { identity } = file;
      if (isLinked(file)) this.#warnings.push({ kind: "segment-linked", segment, links: file.links! });
      const [inLock, inMarker] = [this.#note, marked].map((note) => notedSize(note, segment, identity));
      if (inMarker !== undefined && inMarker > (inLock ?? -1)) this.#note = marked;
      const noted = notedSize(this.#note, segment, identity);
      const before = this.#note;
      if (noted === undefined) this.#writeNote(segment, { size: 0, identity });
      try {
        yield* fsyncFile(opened);
      } catch (error) {
        const errno = errnoOf(error);
        if (errno === undefined) throw error;
        this.#warnings.push({ kind: "open-sync-failed", segment, errno });
        return { file, provenSize: noted ?? 0 };
      }
      if (noted !== undefined) return { file, provenSize: noted };
      this.#lock.writeNote(before ? formatSyncNote(before, this.#store.crc) : NO_SYNC_NOTE);
      this.#note = before;
      // Where no note can be written, none tells of a sync that failed before: what is seen is written again.
      const provenSize = this.#lock.isLinked && !isLinked(file) ? 0 : Number.POSITIVE_INFINITY;
      return { file, provenSize };
    } finally {
      opened.close();
    }
  }

  /** Decides whether the log may be opened, and says what was found. */
  *#judge(listing: StoreListing, findings: SegmentFindings): Steps<RecoveryReport> {
    for (const each of this.#inspection.segments) requireKnownGroups(each);
    requireSound(findings, true);
    const removed = readRemovedSegments(this.#store);
    this.#warnings.push(...this.#inspection.warnings(removed), ...lostBytesWarnings(this.#note, findings));
    this.#warnings.push(...listingWarnings(this.#store, listing));
    const report = yield* reportTail(this.#store, this.#inspection, findings, this.#warnings);
    if (this.#isStrict) requireNoObjection(this.#store.directory, report);
    return report;
  }

  *#repair(
    findings: SegmentFindings,
    journal: JournalWriter,
    provenSize: number,
    report: RecoveryReport,
  ): Steps<FileStat> {
    this.#lock.requireInPlace();
    const noted = notedSize(this.#note, findings.segment, findings.identity) ?? 0;
    const isExpendable =
      findings.validEnd >= noted && report.validFramesBeyond === 0 && !wasSearchExhausted(report);
    const before = findings.damage && lastFrame(this.#store, this.#inspection);
    return yield* repairTail(this.#store, findings, journal, { provenSize, isExpendable, before, report });
  }

  #writeNote(segment: number, { size, identity }: { size: number; identity: string }): void {
    this.#note = { segment, size, file: fileNumbersOf(identity) };
    this.#lock.writeNote(formatSyncNote(this.#note, this.#store.crc));
  }
}
