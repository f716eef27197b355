import type { FrameCursor } from "@datawal/format";
import type { OpenFile } from "@datawal/safeatomic";
import { appendFully, type Steps, useFileSteps } from "@datawal/safeatomic/internal";
import { isHeadAlone } from "../inspect/group.js";
import { Inspection, type SegmentFindings } from "../inspect/inspection.js";
import type { LossReason } from "../inspect/refusal.js";
import { type LostRange, searchBeyond } from "../inspect/search-beyond.js";
import type { FoundFrame } from "../inspect/search-region.js";
import { isRecordLogError } from "../record-log-error.js";
import {
  findForeign,
  isJournaled,
  type JournaledTail,
  visitForeign,
  withJournaledTail,
} from "../repair/foreign-frames.js";
import { KeptTail } from "../repair/kept-tail.js";
import { isLeftover } from "../repair/leftover.js";
import { journalPath, readJournal } from "../repair/tail-journal.js";
import { copyRange, type FileRange, readCrc } from "../store/file-range.js";
import { listStore, type StoreListing } from "../store/listing.js";
import { RemovedSegments, readRemovedSegments } from "../store/removed-segments.js";
import { Store } from "../store/store.js";
import { WaitingTails } from "./waiting-tails.js";

/** A stretch of bytes that belongs to no frame that was saved. */
export interface SalvageLoss {
  /** The file the bytes are in. */
  path: string;
  segment: number;
  offset: number;
  bytes: number;
  reason: LossReason;
}

/** What became of the bytes that a repair once cut off. */
export interface SalvagedQuarantine {
  /** The files that keep them. */
  paths: string[];
  /**
   * `put-back`: the records are where they were, since the frame they stood behind stands there still. `extracted`:
   * that frame is not there, or not known; they are in a store of their own. `empty`: no record is among the bytes.
   * `repeated`: another file, or the segment, has the same bytes.
   */
  outcome: "put-back" | "extracted" | "empty" | "repeated";
  records: number;
  /** The store that extracted records are in; `undefined` otherwise, and on a dry run. */
  target: string | undefined;
}

/** Where the frames go that salvage finds: to files that are made here, or, on a dry run, to none. */
export interface SalvageTargets {
  /** Makes the file that a segment's frames go to. */
  makeSegment(segment: number, write: (file?: OpenFile) => Steps<void>): Steps<void>;
  /**
   * Makes a store of one segment.
   *
   * @param write Copies frames to the file, and returns how many; where that is 0, there is to be no store.
   * @returns The store's directory.
   */
  makeStore(segment: number, write: (file?: OpenFile) => Steps<number>): Steps<string | undefined>;
}

/** The valid beginning of a segment. */
interface Prefix {
  file: OpenFile;
  path: string;
  end: number;
}

/** The journal of a repair that was interrupted. */
interface Journal {
  path: string;
  /** Where its bytes belong in the segment; `undefined` where it is damaged and does not tell. */
  offset: number | undefined;
  /** How many of the file's bytes are frames; all of them where that is not known. */
  byteCount: number;
}

/**
 * Goes through a store, damaged or not, and collects every frame that can be found, each once, segment by segment in
 * the order in which they were written.
 *
 * Three kinds of files hold frames. A segment's valid prefix is copied as it is, and what lies beyond it searched.
 * Where a repair was interrupted, its journal stands for the segment's end, and what another program has put there
 * since comes behind it. A tail in quarantine is searched when the frame that it stood behind has been found where it
 * was; where that is not, nobody knows what has been deleted since, and what is found goes to a store of its own.
 */
export class Salvage {
  records = 0;
  bytes = 0;
  readonly segments: number[] = [];
  readonly lost: SalvageLoss[] = [];
  readonly quarantines: SalvagedQuarantine[] = [];
  /** Groups of which not all records were found. */
  brokenGroups = 0;
  /** What a compaction has removed and is not there. */
  removed = new RemovedSegments();
  readonly #store: Store;
  readonly #inspection: Inspection;
  #waiting = new WaitingTails([]);
  /** Where the segment at hand is taken from elsewhere. */
  #journalOffset = 0;
  #segment = 0;
  #target: OpenFile | undefined;
  /** Of the last record, quarantined ones aside. */
  #lastTxid = 0n;

  constructor(store: Store) {
    this.#store = store;
    this.#inspection = new Inspection(store, (cursor, _segment, offset) => this.#count(cursor, offset));
  }

  /** Ids between two segments that do not exist. */
  get missingSegments(): number[] {
    const gaps = this.#inspection
      .warnings(this.removed)
      .filter((warning) => warning.kind === "missing-segment");
    return gaps.flatMap(({ segment, count }) => Array.from({ length: count }, (_, index) => segment + index));
  }

  *run(targets: SalvageTargets): Steps<void> {
    const listing = listStore(this.#store.fileSystem, this.#store.directory);
    this.removed = readRemovedSegments(this.#store).without(idsIn(listing));
    this.#inspection.expect(listing.segments);
    this.#waiting = new WaitingTails(KeptTail.fromFiles(this.#store, listing.quarantines));
    this.#noteRepeated(yield* this.#waiting.takeRepeated());
    for (const segment of idsIn(listing)) {
      this.#segment = segment;
      yield* targets.makeSegment(segment, (target) => this.#collect(listing, target));
      this.segments.push(segment);
    }
    for (const tail of [...this.#waiting.tails, ...this.#foreignTails(listing)])
      yield* this.#extract(tail, targets);
  }

  /** Those of stores that were swapped away: they stood behind no frame of this one. */
  #foreignTails({ quarantineDirectories }: StoreListing): KeptTail[] {
    return quarantineDirectories.flatMap((name) => {
      const place = new Store(this.#store, this.#store.file(name));
      return KeptTail.fromFiles(place, listStore(place.fileSystem, place.directory).quarantines);
    });
  }

  *#collect(listing: StoreListing, target: OpenFile | undefined): Steps<void> {
    this.#target = target;
    const journal = listing.journals.includes(this.#segment) ? yield* this.#readJournal() : undefined;
    this.#waiting.startSegment(this.#segment);
    this.#journalOffset = journal?.offset ?? Number.POSITIVE_INFINITY;
    const hasSegment = listing.segments.includes(this.#segment);
    if (hasSegment) {
      const isLast = this.#segment === listing.segments.at(-1);
      const findings = yield* this.#inspection.read(this.#segment, isLast);
      this.brokenGroups += findings.brokenGroup?.places ?? 0;
      yield* useFileSteps(this.#store.fileSystem, findings.path, "read", (file) =>
        this.#fromSegment(file, findings),
      );
    }
    if (journal) yield* hasSegment ? this.#fromJournaledTail(journal, listing) : this.#fromJournal(journal);
    yield* this.#putBack(Number.POSITIVE_INFINITY);
  }

  *#readJournal(): Steps<Journal> {
    const path = journalPath(this.#store, this.#segment);
    try {
      return { path, ...(yield* readJournal(this.#store, this.#segment)) };
    } catch (error) {
      if (!isRecordLogError(error, "ERR_DATAWAL_JOURNAL_DAMAGED")) throw error;
      return { path, offset: undefined, byteCount: this.#store.fileSystem.stat(path)?.size ?? 0 };
    }
  }

  /** A tail that was kept and not cut yet may have been appended to, and kept again. */
  *#fromSegment(file: OpenFile, findings: SegmentFindings): Steps<void> {
    const { path, damage, validEnd } = findings;
    const byteCount = damage
      ? Math.min(damage.offset + damage.bytes, this.#journalOffset) - damage.offset
      : 0;
    if (damage && byteCount > 0)
      this.#noteRepeated(yield* this.#waiting.takeUncut({ ...damage, file, byteCount: damage.bytes }));
    const head = validEnd <= this.#journalOffset ? headBrokenBy(findings) : undefined;
    if (head) this.records--;
    yield* this.#copyPrefix({ file, path, end: Math.min(validEnd, this.#journalOffset) }, head);
    if (!damage || byteCount <= 0) return;
    const range = { file, path, offset: damage.offset, byteCount };
    yield* this.#search(range, this.#lastTxid, damage.reason, (frame) =>
      this.#saveAt(frame, range, frame.offset),
    );
  }

  /** Copies the valid prefix but for a head, with what was once cut off put back where it was. */
  *#copyPrefix({ file, path, end }: Prefix, head = { offset: end, headEnd: end }): Steps<void> {
    let at = 0;
    for (const offset of [...this.#waiting.placesBefore(end), end]) {
      const before = Math.max(at, Math.min(offset, head.offset));
      yield* this.#copy({ file, path, offset: at, byteCount: before - at });
      const behind = Math.max(before, Math.min(offset, head.headEnd));
      yield* this.#copy({ file, path, offset: behind, byteCount: offset - behind });
      if (offset < end) yield* this.#putBack(offset);
      at = offset;
    }
  }

  *#fromJournal({ path, offset, byteCount }: Journal): Steps<void> {
    // Damaged, it may hold records that the segment still has; sound, all that stand in it are only there.
    const afterTxid = offset === undefined ? this.#lastTxid : -1n;
    yield* useFileSteps(this.#store.fileSystem, path, "read", (file) => {
      const range = { file, path, offset: 0, byteCount };
      return this.#search(range, afterTxid, "journal", (frame) =>
        this.#saveAt(frame, range, offset === undefined ? 0 : offset + frame.offset),
      );
    });
  }

  /** The journal, then what another program has put behind the proven size since the repair was interrupted. */
  *#fromJournaledTail(journal: Journal, { quarantines }: StoreListing): Steps<void> {
    const { offset, byteCount } = journal;
    if (offset === undefined) return yield* this.#fromJournal(journal);
    yield* withJournaledTail(this.#store, this.#segment, { offset, byteCount }, (tail) =>
      this.#collectTail(tail, journal, quarantines),
    );
  }

  *#collectTail(tail: JournaledTail, journal: Journal, quarantines: readonly string[]): Steps<void> {
    const { crc } = this.#store;
    const foreign = yield* findForeign(tail, crc);
    if (!foreign) return yield* this.#fromJournal(journal);
    const { rest, lastTxid = this.#lastTxid } = foreign;
    const isSearched = !(yield* isLeftover(this.#store, this.#segment, tail, rest, quarantines));
    if (isSearched) this.#noteRepeated(yield* this.#waiting.takeUncut(rest));
    yield* this.#fromJournal(journal);
    yield* this.#putBack(tail.segment.offset + tail.journal.byteCount);
    yield* visitForeign(foreign, crc, (frame, txid) => this.#saveForeign(frame, txid));
    if (isSearched)
      yield* this.#search(rest, lastTxid, foreign.reason!, (frame) =>
        this.#saveUnlessJournaled(frame, rest, tail),
      );
  }

  #saveForeign(frame: Uint8Array, txid: bigint): void {
    if (this.#target) appendFully(this.#target, frame);
    this.bytes += frame.length;
    this.records++;
    this.#lastTxid = txid;
  }

  *#saveUnlessJournaled(frame: FoundFrame, rest: FileRange, tail: JournaledTail): Steps<void> {
    if (yield* isJournaled(tail, frame.offset, frame.len)) return;
    yield* this.#save(frame, rest);
    this.#lastTxid = frame.txid;
  }

  /** Saves a record from outside of the valid prefix, and takes note of where the segment has, or would have, it. */
  *#saveAt(frame: FoundFrame, range: FileRange, place: number): Steps<void> {
    const { txid, len, offset } = frame;
    yield* this.#putBack(place);
    this.#lastTxid = txid;
    this.#waiting.noteFrame(place, len, txid, () => readCrc(range.file, range.path, offset + len));
    yield* this.#save(frame, range);
  }

  /** Puts the tails back that stood at or before an offset. */
  *#putBack(offset: number): Steps<void> {
    for (let tail = this.#waiting.takeDue(offset); tail; tail = this.#waiting.takeDue(offset)) {
      const { range } = tail;
      const records = yield* this.#searchKept(tail, (frame) => this.#save(frame, range));
      this.#note(tail, records === 0 ? "empty" : "put-back", records);
    }
  }

  /** Copies what a tail holds that belongs nowhere in this log, or may not, to a store of its own. */
  *#extract(tail: KeptTail, { makeStore }: SalvageTargets): Steps<void> {
    this.#segment = tail.segment;
    const search = this.#searchKept.bind(this, tail);
    let records = 0;
    const target = yield* makeStore(tail.segment, function* (file) {
      records = yield* search(function* ({ offset, len: byteCount }) {
        if (file) yield* copyRange({ ...tail.range, offset, byteCount }, file);
      });
      return records;
    });
    this.#note(tail, records === 0 ? "empty" : "extracted", records, target);
  }

  /** Returns how many records a tail has. What stood before it, if that is known, does not count. */
  *#searchKept(tail: KeptTail, save: (frame: FoundFrame) => Steps<void>): Steps<number> {
    const afterTxid = tail.before?.txid ?? -1n;
    const filesOf = (lost: LostRange) => tail.filesOf(lost.offset, lost.bytes);
    return yield* this.#search(tail.range, afterTxid, "quarantine", save, filesOf);
  }

  #noteRepeated(tails: readonly KeptTail[]): void {
    for (const tail of tails) this.#note(tail, "repeated", 0);
  }

  #note({ parts }: KeptTail, outcome: SalvagedQuarantine["outcome"], records: number, target?: string): void {
    this.quarantines.push({ paths: parts.map(({ path }) => path), outcome, records, target });
  }

  /**
   * @param filesOf Where in which files bytes of the range are.
   * @returns How many frames count.
   */
  *#search(
    range: FileRange,
    afterTxid: bigint,
    reason: LossReason,
    save: (frame: FoundFrame) => Steps<void>,
    filesOf = (lost: LostRange) => [{ ...lost, path: range.path }],
  ): Steps<number> {
    let heads = 0;
    const { crc } = this.#store;
    const found = yield* searchBeyond(range, afterTxid, crc, function* (frame) {
      if (yield* isHeadAlone(range, frame, crc)) heads++;
      else yield* save(frame);
    });
    this.brokenGroups += heads;
    for (const each of found.lost) {
      const why = each.offset === found.exhaustedAt ? "search-exhausted" : reason;
      for (const { path, offset, bytes } of filesOf(each))
        this.lost.push({ path, segment: this.#segment, offset, bytes, reason: why });
    }
    return found.frames - heads;
  }

  *#save({ offset, len }: FoundFrame, range: FileRange): Steps<void> {
    yield* this.#copy({ ...range, offset, byteCount: len });
    this.records++;
  }

  *#copy(range: FileRange): Steps<void> {
    if (this.#target) yield* copyRange(range, this.#target);
    this.bytes += range.byteCount;
  }

  #count(cursor: FrameCursor, offset: number): void {
    if (offset >= this.#journalOffset) return;
    this.records++;
    this.#lastTxid = cursor.txid;
    this.#waiting.noteFrame(offset, cursor.end - cursor.start, cursor.txid, () => cursor.storedCrc);
  }
}

/** The head of the group that a segment's damage has broken, if it has one: alone it would tell of records that are not there. */
function headBrokenBy({ damage, brokenGroup }: SegmentFindings) {
  return damage && brokenGroup?.end === damage.offset ? brokenGroup : undefined;
}

/** The segments that a store has something of, ascending. */
function idsIn({ segments, journals }: StoreListing): number[] {
  return [...new Set([...segments, ...journals])].sort((a, b) => a - b);
}
