import { CRC_LEN, type FrameCursor } from "@datawal/format";
import type { OpenFile } from "@datawal/safeatomic";
import { errnoOf, type Identified, isSameFile, readFully, type Steps } from "@datawal/safeatomic/internal";
import { reportTail } from "../inspect/count-beyond.js";
import { type FrameVisitor, Inspection, type SegmentFindings } from "../inspect/inspection.js";
import type { KnowSegments } from "../inspect/known-segments.js";
import { NoteWitness } from "../inspect/note-witness.js";
import { requireSound } from "../inspect/refusal.js";
import { replayVisitor } from "../inspect/replay-record.js";
import { listingWarnings, type RecoveryReport } from "../inspect/report.js";
import { settleTail } from "../inspect/tail-in-flight.js";
import type { AppendedRecord } from "../log-record.js";
import type { ReadSettings } from "../open-options.js";
import { isRecordLogError, type RecordLogError } from "../record-log-error.js";
import { type PinnedListing, PinnedStore, segmentStale } from "../store/pinned-store.js";
import { RemovedSegments } from "../store/removed-segments.js";
import type { Store } from "../store/store.js";
import { SeenFrames } from "./seen-frames.js";
import { SegmentHandles } from "./segment-handles.js";

/** How often a log is read anew because a segment was cut or replaced while it was read. */
const ATTEMPTS = 3;

/** A frame that was read, by what proves later that it still stands (disk-rules R18). */
export interface ProvenFrame extends AppendedRecord {
  storedCrc: number;
}

/** A segment that was read. */
interface Seen extends Identified {
  /** Bytes of its valid prefix. */
  validEnd: number;
}

/**
 * What a reader knows of a log that another process may be writing: for each segment, which file it was and up to where
 * it is valid. What it shows is what the last refresh saw that came to its end; every file is asked whether it is still
 * the same before anything is read from it.
 *
 * It lists first, then reads every segment but the last strictly and the last tolerantly (disk-rules R11). It writes
 * nothing and takes no lock.
 */
export class LogView {
  /** How often what was seen has been replaced as a whole: places found before then mean nothing any more. */
  generation = 0;
  /** How often the end of what was shown was found to stand no more: what was yielded of it may be lost. */
  cuts = 0;
  /** Reads what was seen. */
  readonly handles: SegmentHandles;
  readonly #store: Store;
  readonly #pinned: PinnedStore;
  readonly #onReset: () => void;
  /** Absent where who keeps what was visited cannot be told that segments are gone. */
  readonly #onRemoved: ((segments: readonly number[]) => void) | undefined;
  readonly #inspection: Inspection;
  /** Asked by the first look alone: what is read anew, is read. */
  #know: KnowSegments | undefined;
  /** Whether the last refresh came to its end: otherwise what was visited is more than what is shown. */
  #isWhole = false;
  /** Whether this refresh goes on behind what is shown. */
  #isContinued = false;
  /** Whether places in what is shown mean nothing in what is being read. */
  #isAnew = true;
  /** By id, ascending. */
  #seen: ReadonlyMap<number, Seen> = new Map();
  #lastFrame: ProvenFrame | undefined;
  #removed = new RemovedSegments();
  #report: RecoveryReport | undefined;
  /** Of the newest segment that is shown, the only one that a repair can cut; and of the one that is being read. */
  #shownFrames = new SeenFrames();
  #readFrames = this.#shownFrames;
  /** Where the CRC of the last frame is read to. */
  readonly #foundCrc = Buffer.alloc(CRC_LEN);

  /** @param listener Told of what a reader is told of. */
  constructor(store: Store, { replay, onReset, onRemoved }: ReadSettings, know?: KnowSegments) {
    const visit = replay && replayVisitor(replay);
    this.#store = store;
    this.#know = know;
    this.#pinned = new PinnedStore(store);
    this.#onReset = onReset;
    this.#onRemoved = onRemoved ?? (replay ? undefined : () => {});
    this.handles = new SegmentHandles(store, (segment) => this.open(segment), {
      isSeen: ({ segment, offset }, cursor) =>
        segment !== this.#shownFrames.segment || this.#shownFrames.has(cursor, offset),
      requireStanding: (segment, file) => this.requireStanding(segment, file),
    });
    const visitFrame: FrameVisitor = (cursor, segment, offset) => {
      this.#note(cursor, segment, offset);
      visit?.(cursor, segment, offset);
    };
    this.#inspection = new Inspection(store, visitFrame, true);
  }

  /** Ids in ascending order. */
  get segments(): number[] {
    return [...this.#seen.keys()];
  }

  /** Bytes of a segment's valid prefix; 0 where it is not in the log. */
  validEnd(segment: number): number {
    return this.#seen.get(segment)?.validEnd ?? 0;
  }

  get report(): RecoveryReport {
    return this.#report!;
  }

  /** What compaction had removed by the last refresh. */
  get removed(): RemovedSegments {
    return this.#removed;
  }

  /** The last frame of the log. */
  get lastFrame(): ProvenFrame | undefined {
    return this.#lastFrame;
  }

  /**
   * Opens a segment for reading.
   *
   * @returns `undefined` where none of that id was seen.
   * @throws RecordLogError ERR_DATAWAL_READER_STALE: it is not the file that was seen
   */
  open(segment: number): OpenFile | undefined {
    const seen = this.#seen.get(segment);
    if (seen) return this.#pinned.open(segment, seen);
    if (this.#removed.unnamed(segment, segment).length > 0) return undefined;
    throw this.#stale(segment, "that a compaction has removed it");
  }

  /**
   * Checks that nothing that was seen of a segment has been cut off it: a repair cuts all that is behind the damage, and
   * with it the last frame of the log. Asked behind a read, it proves what was read.
   *
   * @param file The segment, open.
   * @param generation When it was opened.
   * @throws RecordLogError ERR_DATAWAL_READER_STALE
   */
  requireStanding(segment: number, file: OpenFile, generation = this.generation): void {
    this.requireGeneration(segment, generation);
    const last = this.#lastFrame;
    if (last?.segment !== segment) return;
    const found = this.#foundCrc;
    const byteCount = readFully(file, found, 0, CRC_LEN, last.offset + last.len - CRC_LEN);
    if (byteCount < CRC_LEN) throw this.#stale(segment, "less");
    if (found.readUInt32LE() !== last.storedCrc) throw this.#stale(segment, "other records");
  }

  /**
   * Checks that places in a segment still mean what they did.
   *
   * @param generation When they were found.
   * @throws RecordLogError ERR_DATAWAL_READER_STALE
   */
  requireGeneration(segment: number, generation: number): void {
    if (generation !== this.generation) throw this.#stale(segment, "it read anew by a refresh");
  }

  #stale(segment: number, found: string): RecordLogError {
    return segmentStale(this.#store.path(segment), found);
  }

  /** Whether a frame that was read before is part of what is seen now. */
  stands({ storedCrc, txid, ...ref }: ProvenFrame): boolean {
    if (ref.offset + ref.len > this.validEnd(ref.segment)) return false;
    try {
      const found: FrameCursor = this.handles.peek(ref);
      return found.storedCrc === storedCrc && found.txid === txid;
    } catch (error) {
      const isGone =
        isRecordLogError(error, "ERR_DATAWAL_RECORD_UNREADABLE") ||
        isRecordLogError(error, "ERR_DATAWAL_READER_STALE");
      if (isGone) return false;
      throw error;
    }
  }

  /**
   * Brings the view up to date: the first call reads everything, later ones what is new. Where it fails, or is given up,
   * everything is shown as before, and the next call reads all anew.
   */
  *refresh(): Steps<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return yield* this.#look();
      } catch (error) {
        const isChange =
          isRecordLogError(error, "ERR_DATAWAL_SEGMENT_CHANGED") ||
          isRecordLogError(error, "ERR_DATAWAL_READER_STALE");
        if (!isChange && errnoOf(error) !== "ENOENT") throw error;
        this.#pinned.requireSame();
        if (!isChange || attempt === ATTEMPTS) throw error;
      }
    }
  }

  *#look(): Steps<void> {
    const inspection = this.#inspection;
    const note = new NoteWitness(this.#store);
    const listing = this.#pinned.list(this.#isWhole ? inspection.segments.at(-1)?.segment : undefined);
    this.#isContinued = this.#isWhole;
    const first = this.#isWhole
      ? this.#adapt(listing)
      : this.#beginAnew() + (yield* this.#takeKnown(note, listing));
    this.#isWhole = false;
    inspection.expect(listing.segments.slice(inspection.segments.length));
    const read = (segment: number, isLast: boolean) => this.#readOn(segment, isLast);
    const whole = yield* this.#pinned.readInOrder(listing, first, read, (current, error) =>
      errnoOf(error) === "ENOENT" ? this.#adapt(current) : this.#beginAnew(),
    );
    const report = yield* this.#makeReport(note, whole);
    this.#requireContinued();
    this.#pinned.requireSame();
    this.#removed = whole.removed.without(whole.segments);
    this.#show(report);
  }

  /** @returns How many segments of the listing need not be looked at: the last one that is known is read on. */
  *#takeKnown({ note }: NoteWitness, { segments, removed }: PinnedListing): Steps<number> {
    const know = this.#know;
    this.#know = undefined;
    const known = know
      ? yield* know({ store: this.#store, segments, removed, note, isForWriting: false })
      : [];
    const last = known.at(-1);
    if (!last) return 0;
    this.#inspection.takeKnown(known);
    // None of its frames was seen: each is proven by the last one of all.
    this.#turnTo(last.segment);
    return known.length - 1;
  }

  /**
   * Asked behind what was read on in later segments: since the place was proven, a repair may have cut the frame before it,
   * and others been appended there. Within the segment the first piece has proven it.
   */
  #requireContinued(): void {
    const last = this.#lastFrame;
    if (!this.#isContinued || !last || this.#inspection.segments.at(-1)!.segment === last.segment) return;
    if (!this.stands(last)) throw this.#stale(last.segment, "other records");
  }

  *#readOn(segment: number, isLast: boolean): Steps<void> {
    const findings = yield* this.#inspection.read(segment, isLast);
    if (isLast) yield* settleTail(this.#inspection, findings);
    requireSound(findings, isLast);
  }

  /**
   * Keeps of what was read what still holds: all of it, all but what a compaction has removed, or nothing.
   *
   * @returns The index in the listing to go on with.
   */
  #adapt(listing: PinnedListing): number {
    const { segments } = this.#inspection;
    const present = new Set(listing.segments);
    const gone = segments.map(({ segment }) => segment).filter((segment) => !present.has(segment));
    const isRemoved = (segment: number) => listing.removed.unnamed(segment, segment).length === 0;
    if (gone.length > 0 && !(this.#onRemoved && gone.every(isRemoved))) return this.#beginAnew();
    const left = segments.filter(({ segment }) => present.has(segment));
    const isLeft = left.every((findings, index) => this.#isThere(findings, listing.segments[index]));
    if (!isLeft || (this.#lastFrame && !this.stands(this.#lastFrame))) return this.#beginAnew();
    if (gone.length > 0) {
      this.#onRemoved?.(gone);
      this.#inspection.drop(new Set(gone));
      this.#isAnew = true;
    }
    return Math.max(0, left.length - 1);
  }

  /** Whether all that was read of a segment is still there under its name. */
  #isThere(findings: SegmentFindings, listed: number | undefined): boolean {
    const { segment, path, validEnd } = findings;
    const stat = listed === segment ? this.#store.fileSystem.stat(path) : undefined;
    return stat !== undefined && isSameFile(stat, findings) && stat.size >= validEnd;
  }

  #note(cursor: FrameCursor, segment: number, offset: number): void {
    if (this.#readFrames.segment !== segment) this.#turnTo(segment);
    this.#readFrames.add(cursor, offset);
  }

  #turnTo(segment: number): void {
    if (this.#readFrames === this.#shownFrames) this.#readFrames = new SeenFrames();
    this.#readFrames.begin(segment);
  }

  #beginAnew(): number {
    this.#isContinued = false;
    if (this.#lastFrame && !this.stands(this.#lastFrame)) this.cuts++;
    this.#turnTo(0);
    if (this.#inspection.records > 0) this.#onReset();
    this.#inspection.beginAgain();
    this.#isAnew = true;
    return 0;
  }

  /** From here on what was read is what is shown. */
  #show(report: RecoveryReport): void {
    const { segments, txids, lastCrc, lastWithFrames: last } = this.#inspection;
    this.#report = report;
    this.#seen = new Map(
      segments.map(({ segment, identity, validEnd }) => [segment, { identity, validEnd }]),
    );
    this.#lastFrame = last && {
      segment: last.segment,
      offset: last.lastFrameOffset!,
      len: last.validEnd - last.lastFrameOffset!,
      txid: txids.last,
      storedCrc: lastCrc,
    };
    this.#shownFrames = this.#readFrames;
    this.#isWhole = true;
    if (this.#isAnew) {
      this.#isAnew = false;
      this.generation++;
      this.handles.close();
    }
    this.#holdLast();
  }

  /** So that a refresh can tell that nothing was cut off what was seen, even if a compaction has removed it by then. */
  #holdLast(): void {
    try {
      if (this.#lastFrame) this.handles.hold(this.#lastFrame);
    } catch (error) {
      // Gone already, or no descriptor to be had: the next refresh may have to read all anew.
      if (!isRecordLogError(error) && errnoOf(error) === undefined) throw error;
    }
  }

  *#makeReport(note: NoteWitness, listing: PinnedListing): Steps<RecoveryReport> {
    const warnings = [
      ...this.#inspection.warnings(listing.removed),
      ...note.warningsOn(this.#inspection.segments),
      ...listingWarnings(this.#store, listing),
    ];
    return yield* reportTail(this.#store, this.#inspection, this.#inspection.segments.at(-1), warnings);
  }
}
