import { join } from "node:path";
import type { Crc32c, FrameCursor } from "@datawal/format";
import { appendFully, type FileSystem, fsyncFile, type OpenFile, type Steps } from "@datawal/safeatomic";
import { copyRange, type FileRange, rangesEqual } from "../file-range.js";
import { isRecordLogError } from "../record-log-error.js";
import { listStore, type StoreListing, segmentPath } from "../segment-list.js";
import { journalName, parseStoreName, type StoreName } from "../store-names.js";
import { searchBeyond } from "./beyond.js";
import { ForeignFrames, type JournaledTail, withJournaledTail } from "./foreign-frames.js";
import { type Damage, Inspection } from "./inspection.js";
import { isLeftover } from "./leftover.js";
import type { LossReason } from "./refusal.js";
import type { FoundFrame } from "./search-region.js";
import { readJournal } from "./tail-journal.js";

/** A stretch of bytes that belongs to no frame that was saved. */
export interface SalvageLoss {
  /** The file the bytes are in. */
  path: string;
  segment: number;
  offset: number;
  bytes: number;
  reason: LossReason;
}

/** A quarantine file that has not been searched yet. */
interface CutOff {
  path: string;
  /** Where its bytes once were in the segment. */
  offset: number;
  byteCount: number;
  /** The txid of the last record before that place. */
  afterTxid: bigint;
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
 * since comes behind it. A quarantine file is searched when the place that its bytes were cut from is reached.
 */
export class Salvage {
  records = 0;
  bytes = 0;
  readonly segments: number[] = [];
  readonly lost: SalvageLoss[] = [];
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #crc: Crc32c;
  readonly #inspection: Inspection;
  /** Of the segment at hand, by offset. */
  #cutOff: CutOff[] = [];
  /** Where the segment at hand is taken from elsewhere. */
  #journalOffset = 0;
  #segment = 0;
  #target: OpenFile | undefined;
  /** Of the last record, quarantined ones aside. */
  #lastTxid = 0n;

  constructor(fileSystem: FileSystem, directory: string, crc: Crc32c) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    this.#crc = crc;
    this.#inspection = new Inspection(fileSystem, directory, crc, (cursor, _segment, offset) =>
      this.#count(cursor, offset),
    );
  }

  /** Ids between two segments that do not exist. */
  get missingSegments(): number[] {
    const gaps = this.#inspection.gapWarnings().filter((warning) => warning.kind === "missing-segment");
    return gaps.flatMap(({ segment, count }) => Array.from({ length: count }, (_, index) => segment + index));
  }

  /** @param openTarget Makes the file that a segment's frames go to; `undefined` on a dry run. */
  *run(openTarget: (segment: number) => OpenFile | undefined): Steps<void> {
    const listing = listStore(this.#fileSystem, this.#directory);
    this.#inspection.expect(listing.segments);
    for (const segment of idsIn(listing)) {
      this.#segment = segment;
      this.#target = openTarget(segment);
      try {
        yield* this.#collect(listing);
        if (this.#target) yield* fsyncFile(this.#target);
      } finally {
        this.#target?.close();
      }
      this.segments.push(segment);
    }
  }

  *#collect(listing: StoreListing): Steps<void> {
    const journal = listing.journals.includes(this.#segment) ? yield* this.#readJournal() : undefined;
    this.#cutOff = yield* this.#quarantines(listing);
    this.#journalOffset = journal?.offset ?? Number.POSITIVE_INFINITY;
    const hasSegment = listing.segments.includes(this.#segment);
    if (hasSegment) yield* this.#fromSegment();
    if (journal) yield* hasSegment ? this.#fromJournaledTail(journal, listing) : this.#fromJournal(journal);
    yield* this.#putBack(Number.POSITIVE_INFINITY);
  }

  *#readJournal(): Steps<Journal> {
    const path = join(this.#directory, journalName(this.#segment));
    try {
      return { path, ...(yield* readJournal(this.#fileSystem, path, this.#segment, this.#crc)) };
    } catch (error) {
      if (!isRecordLogError(error, "ERR_DATAWAL_JOURNAL_DAMAGED")) throw error;
      return { path, offset: undefined, byteCount: this.#fileSystem.stat(path)?.size ?? 0 };
    }
  }

  *#quarantines({ quarantines }: StoreListing): Steps<CutOff[]> {
    const found: CutOff[] = [];
    for (const name of quarantines) {
      const { segment, offset } = parseStoreName(name) as StoreName & { kind: "quarantine" };
      const path = join(this.#directory, name);
      const byteCount = this.#fileSystem.stat(path)?.size ?? 0;
      if (segment === this.#segment) found.push({ path, offset, byteCount, afterTxid: this.#lastTxid });
    }
    found.sort((a, b) => a.offset - b.offset || a.path.localeCompare(b.path, "en", { numeric: true }));
    return yield* this.#withoutBeginnings(found);
  }

  /** A tail that was kept and not cut yet may have been appended to, and kept again. */
  *#withoutBeginnings(cutOffs: readonly CutOff[]): Steps<CutOff[]> {
    const whole = new Set(cutOffs);
    for (const { path, offset, byteCount } of cutOffs) {
      const shorter = cutOffs.filter((other) => other.offset === offset && other.byteCount < byteCount);
      if (shorter.length === 0) continue;
      const file = this.#fileSystem.open(path, "read");
      try {
        for (const other of shorter)
          if (yield* this.#holds(other, { file, path, offset: 0, byteCount })) whole.delete(other);
      } finally {
        file.close();
      }
    }
    return [...whole];
  }

  *#fromSegment(): Steps<void> {
    const { path, damage, validEnd } = yield* this.#inspection.read(this.#segment);
    const file = this.#fileSystem.open(path, "read");
    try {
      if (damage && damage.offset < this.#journalOffset)
        this.#cutOff = yield* this.#withoutKeptTail({ ...damage, file, byteCount: damage.bytes });
      yield* this.#copyPrefix(file, path, Math.min(validEnd, this.#journalOffset));
      if (damage) yield* this.#searchDamage(file, damage);
    } finally {
      file.close();
    }
  }

  /**
   * A repair that was interrupted may have kept the damaged tail and not cut it yet, and another program may have
   * appended to it: it is searched in the segment.
   */
  *#withoutKeptTail(tail: FileRange): Steps<CutOff[]> {
    const others: CutOff[] = [];
    for (const cutOff of this.#cutOff) {
      const isSame = cutOff.offset === tail.offset && (yield* this.#holds(cutOff, tail));
      if (!isSame) others.push(cutOff);
    }
    return others;
  }

  /** Whether a range begins with what a quarantine file keeps. */
  *#holds({ path, byteCount }: CutOff, { byteCount: available, ...range }: FileRange): Steps<boolean> {
    if (byteCount > available) return false;
    const file = this.#fileSystem.open(path, "read");
    try {
      return yield* rangesEqual({ ...range, byteCount }, { file, path, offset: 0, byteCount });
    } finally {
      file.close();
    }
  }

  /** Copies the valid prefix, with what was once cut off put back where it was. */
  *#copyPrefix(file: OpenFile, path: string, end: number): Steps<void> {
    let at = 0;
    for (const { offset } of this.#cutOff.filter((cutOff) => cutOff.offset < end)) {
      yield* this.#copy({ file, path, offset: at, byteCount: offset - at });
      yield* this.#putBack(offset);
      at = offset;
    }
    yield* this.#copy({ file, path, offset: at, byteCount: end - at });
  }

  *#searchDamage(file: OpenFile, { path, offset, bytes, reason }: Damage): Steps<void> {
    const byteCount = Math.min(offset + bytes, this.#journalOffset) - offset;
    if (byteCount <= 0) return;
    yield* this.#search({ file, path, offset, byteCount }, this.#lastTxid, reason, (frame) =>
      this.#follow(frame, frame.offset),
    );
  }

  *#fromJournal({ path, offset, byteCount }: Journal): Steps<void> {
    const file = this.#fileSystem.open(path, "read");
    try {
      // Damaged, it may hold records that the segment still has; sound, all that stand in it are only there.
      const afterTxid = offset === undefined ? this.#lastTxid : -1n;
      yield* this.#search({ file, path, offset: 0, byteCount }, afterTxid, "journal", (frame) =>
        this.#follow(frame, offset === undefined ? 0 : offset + frame.offset),
      );
    } finally {
      file.close();
    }
  }

  /** The journal, then what another program has put behind the proven size since the repair was interrupted. */
  *#fromJournaledTail(journal: Journal, { quarantines }: StoreListing): Steps<void> {
    const { offset, byteCount, path } = journal;
    if (offset === undefined) return yield* this.#fromJournal(journal);
    const paths = { segment: segmentPath(this.#directory, this.#segment), journal: path };
    const place = { offset, byteCount };
    yield* withJournaledTail(this.#fileSystem, paths, place, (tail) =>
      this.#collectTail(tail, journal, quarantines),
    );
  }

  *#collectTail(tail: JournaledTail, journal: Journal, quarantines: readonly string[]): Steps<void> {
    const foreign = yield* ForeignFrames.find(tail, this.#crc);
    if (!foreign) return yield* this.#fromJournal(journal);
    const provenTxid = this.#lastTxid;
    const rest = { ...tail.segment, offset: foreign.end, byteCount: foreign.segmentEnd - foreign.end };
    const store = [this.#fileSystem, this.#directory, this.#segment] as const;
    const isSearched = !(yield* isLeftover(...store, tail, rest, quarantines));
    if (isSearched) this.#cutOff = yield* this.#withoutKeptTail(rest);
    yield* this.#fromJournal(journal);
    yield* this.#putBack(tail.segment.offset + tail.journal.byteCount);
    yield* foreign.visit((frame, txid) => this.#saveForeign(frame, txid));
    if (!isSearched) return;
    yield* this.#searchFor(rest, foreign.lastTxid ?? provenTxid, foreign.reason!, (frame) =>
      this.#saveUnlessJournaled(frame, rest, foreign),
    );
  }

  #saveForeign(frame: Uint8Array, txid: bigint): void {
    if (this.#target) appendFully(this.#target, frame);
    this.bytes += frame.length;
    this.records++;
    this.#lastTxid = txid;
  }

  *#saveUnlessJournaled(frame: FoundFrame, rest: FileRange, foreign: ForeignFrames): Steps<void> {
    if (yield* foreign.isJournaled(frame.offset, frame.len)) return;
    yield* this.#save(frame, rest);
    this.#lastTxid = frame.txid;
  }

  /** Takes note of a record outside of the valid prefix, where the segment has, or would have, it. */
  *#follow({ txid, len }: FoundFrame, offset: number): Steps<void> {
    yield* this.#putBack(offset);
    this.#noteRecord(txid, offset, len);
  }

  /** Searches the quarantine files whose bytes were cut off at or before an offset. */
  *#putBack(offset: number): Steps<void> {
    while (this.#cutOff.length > 0 && this.#cutOff[0]!.offset <= offset) {
      const { path, byteCount, afterTxid } = this.#cutOff.shift()!;
      const file = this.#fileSystem.open(path, "read");
      try {
        yield* this.#search({ file, path, offset: 0, byteCount }, afterTxid, "quarantine");
      } finally {
        file.close();
      }
    }
  }

  /** @param before Called for each frame before it is copied. */
  *#search(
    range: FileRange,
    afterTxid: bigint,
    reason: LossReason,
    before?: (frame: FoundFrame) => Steps<void>,
  ): Steps<void> {
    yield* this.#searchFor(range, afterTxid, reason, (frame) => this.#save(frame, range, before));
  }

  *#searchFor(
    range: FileRange,
    afterTxid: bigint,
    reason: LossReason,
    save: (frame: FoundFrame) => Steps<void>,
  ): Steps<void> {
    const found = yield* searchBeyond(range, afterTxid, this.#crc, save);
    for (const { offset, bytes } of found.lost) {
      const why = offset === found.exhaustedAt ? "search-exhausted" : reason;
      this.lost.push({ path: range.path, segment: this.#segment, offset, bytes, reason: why });
    }
  }

  *#save(frame: FoundFrame, range: FileRange, before?: (frame: FoundFrame) => Steps<void>): Steps<void> {
    if (before) yield* before(frame);
    yield* this.#copy({ ...range, offset: frame.offset, byteCount: frame.len });
    this.records++;
  }

  *#copy(range: FileRange): Steps<void> {
    if (this.#target) yield* copyRange(range, this.#target);
    this.bytes += range.byteCount;
  }

  #count(cursor: FrameCursor, offset: number): void {
    if (offset >= this.#journalOffset) return;
    this.records++;
    this.#noteRecord(cursor.txid, offset, cursor.end - cursor.start);
  }

  #noteRecord(txid: bigint, offset: number, len: number): void {
    this.#lastTxid = txid;
    for (const cutOff of this.#cutOff) {
      if (cutOff.offset <= offset) continue;
      cutOff.afterTxid = txid;
      // No repair cut within a record: a file whose name says so goes behind it.
      cutOff.offset = Math.max(cutOff.offset, offset + len);
    }
  }
}

/** The segments that a store has something of, ascending. */
function idsIn({ segments, journals, quarantines }: StoreListing): number[] {
  const quarantined = quarantines.map((name) => Number.parseInt(name, 10));
  return [...new Set([...segments, ...journals, ...quarantined])].sort((a, b) => a - b);
}
