import {
  type FrameCursor,
  GROUP_VERSION,
  type GroupHead,
  HEADER_LEN,
  type InvalidReason,
} from "@datawal/format";
import { isSameFile, type ProgressStep, type Steps } from "@datawal/safeatomic/internal";
import type { DamageReason } from "../record-log-error.js";
import { segmentStale } from "../store/pinned-store.js";
import type { RemovedSegments } from "../store/removed-segments.js";
import { segmentChanged } from "../store/segment-file.js";
import type { Store } from "../store/store.js";
import { FIRST_SEGMENT_ID } from "../store/store-names.js";
import { damageReason, judgeTail, type Verdict } from "./damage-table.js";
import { hasBelievableLengths } from "./damaged-frame.js";
import { GroupInspector, groupHeadAt } from "./group.js";
import type { KnownSegment } from "./known-segments.js";
import type { RecoveryWarning } from "./recovery-warning.js";
import { SegmentReader } from "./segment-reader.js";
import { TxidOrder } from "./txid-order.js";

/** Where a segment stops being a sequence of frames, and what that place looks like. */
export interface Damage {
  segment: number;
  path: string;
  offset: number;
  /** From `offset` to the end of the file. */
  bytes: number;
  reason: DamageReason;
  /** How open judges this place in the active segment; in a sealed one any damage is refused. */
  verdict: Verdict;
}

/** What one segment holds, as far as it was read. */
export class SegmentFindings {
  readonly segment: number;
  readonly path: string;
  /** Of the file that was read. */
  identity = "";
  /** Bytes that counted when it was read. */
  size = 0;
  /** The end of the valid prefix. */
  validEnd = 0;
  records = 0;
  /** Where the last valid frame starts; `undefined` without one. */
  lastFrameOffset: number | undefined;
  damage: Damage | undefined;
  /** The group that the log ends before, where that is its damage. */
  cutGroup: CutGroup | undefined;
  /**
   * The last head whose group is not whole, and whose records count all the same; where the last one of these ends, and how
   * many such groups there are.
   */
  brokenGroup: { offset: number; headEnd: number; headCrc: number; end: number; places: number } | undefined;
  /** Where a head stands of a version that is not known; the first one. */
  unknownGroupOffset: number | undefined;

  constructor(segment: number, path: string) {
    this.segment = segment;
    this.path = path;
  }
}

export interface CutGroup {
  /** Where those of its frames end that lie behind the head without a gap. */
  end: number;
  /** Of its frames: wherever one is found, it was never acknowledged. */
  crcs: Uint32Array;
}

type TxidGap = RecoveryWarning & { kind: "txid-gap" };

/** Called for every valid frame, in order; the cursor is valid during the call. */
export type FrameVisitor = (cursor: FrameCursor, segment: number, offset: number) => void;

/**
 * Reads segments in order and keeps what is found of each: the one pass over a log that open, the readers and
 * verify share. It changes nothing and judges nothing but single places.
 */
export class Inspection {
  readonly segments: SegmentFindings[] = [];
  txids = new TxidOrder();
  records = 0;
  /** CRC of the last frame that was read. */
  lastCrc = 0;
  readonly #store: Store;
  readonly #reader: SegmentReader;
  readonly #visit: FrameVisitor | undefined;
  readonly #isShared: boolean;
  #firstTxid = 0n;
  #bytesDone = 0;
  #bytesTotal = 0;
  /** Where the records of the last group lie, whose txids are two apart: in bytes from the start of the file. */
  #group = { start: 0, end: 0 };
  #groups = new GroupInspector(false);
  /** Within a segment, the first one. */
  readonly #gaps = new Map<number, TxidGap>();
  /** At the first record of a segment: where segments are missing in front of it, they may explain it. */
  readonly #jumps = new Map<number, TxidGap>();

  /** @param isShared Whether another process may repair the log while it is read: the reader has no lock. */
  constructor(store: Store, visit?: FrameVisitor, isShared = false) {
    this.#store = store;
    this.#reader = new SegmentReader(store.crc, "lent");
    this.#visit = visit;
    this.#isShared = isShared;
  }

  /** Forgets what was found. */
  beginAgain(): void {
    this.segments.length = 0;
    this.txids = new TxidOrder();
    this.records = 0;
    this.#gaps.clear();
    this.#jumps.clear();
  }

  /** Forgets segments that are gone; those behind them are still what follows. */
  drop(gone: ReadonlySet<number>): void {
    for (const { segment, records } of this.segments) {
      if (!gone.has(segment)) continue;
      this.records -= records;
      this.#gaps.delete(segment);
      this.#jumps.delete(segment);
    }
    this.segments.splice(0, Infinity, ...this.segments.filter(({ segment }) => !gone.has(segment)));
  }

  /** Lets progress be told against the size of these segments, which are to be read. */
  expect(segments: readonly number[]): void {
    for (const segment of segments) {
      this.#bytesTotal += this.#store.fileSystem.stat(this.#store.path(segment))?.size ?? 0;
    }
  }

  /** Takes segments that are known for read: the visitor is not called, all else is as if they had been. */
  takeKnown(known: readonly KnownSegment[]): void {
    for (const { segment, path, identity, size, records, lastFrameOffset, first, last, lastCrc } of known) {
      const findings = new SegmentFindings(segment, path);
      this.segments.push(findings);
      Object.assign(findings, { identity, size, validEnd: size, records });
      if (records === 0) continue;
      if (!this.txids.accepts(first.txidLow, first.txidHigh, 1)) this.#noteGap(first, segment, 0);
      if (this.records === 0) this.#firstTxid = first.txid;
      this.txids.push(last.txidLow, last.txidHigh);
      this.records += records;
      findings.lastFrameOffset = lastFrameOffset;
      this.lastCrc = lastCrc;
    }
  }

  /**
   * Reads a segment to its end or to its first damage; one that is known, from its end on.
   *
   * @param isLast Whether the log ends with it, and so before a group that it ends within (disk-rules R20).
   * @param keep Called before verified bytes leave memory, and at the end: a repair takes them from here.
   */
  *read(segment: number, isLast: boolean, keep?: (reader: SegmentReader) => void): Steps<SegmentFindings> {
    const known = this.segments.at(-1);
    const findings =
      known?.segment === segment ? known : new SegmentFindings(segment, this.#store.path(segment));
    if (findings !== known) this.segments.push(findings);
    yield* this.readOn(findings, isLast, keep);
    return findings;
  }

  /**
   * Reads on from the end of a segment's valid prefix: more may be there by now.
   *
   * @throws RecordLogError ERR_DATAWAL_READER_STALE, ERR_DATAWAL_SEGMENT_CHANGED: that prefix is there no more
   */
  *readOn(findings: SegmentFindings, isLast: boolean, keep?: (reader: SegmentReader) => void): Steps<void> {
    const { path, validEnd: from } = findings;
    const file = this.#store.fileSystem.open(path, "read");
    try {
      const stat = file.stat();
      const { size, identity } = stat;
      if (findings.identity && !isSameFile(stat, findings)) throw segmentStale(path, "another one");
      if (size < from) throw segmentChanged(path, from, size);
      findings.size = size;
      findings.identity = identity;
      findings.damage = undefined;
      findings.cutGroup = undefined;
      this.#group = { start: 0, end: 0 };
      this.#groups = new GroupInspector(isLast);
      this.#bytesTotal = Math.max(this.#bytesTotal, this.#bytesDone + size - from);
      this.#reader.start(file, path, size, from);
      yield* this.#frames(findings, from, keep);
      this.#bytesDone += size - from;
      yield this.#progress(0);
    } finally {
      this.#reader.release();
      file.close();
    }
  }

  /** The last segment that holds a frame, as far as was read. */
  get lastWithFrames(): SegmentFindings | undefined {
    return this.segments.findLast(({ lastFrameOffset }) => lastFrameOffset !== undefined);
  }

  /**
   * Gaps before, between and within segments (disk-rules R7), but for those that compaction in place has made (R17). A log
   * may begin with any segment: a head can be dropped (R14). Then the groups that are broken.
   */
  warnings(removed: RemovedSegments): RecoveryWarning[] {
    const warnings: RecoveryWarning[] = [];
    const gaps: TxidGap[] = [...this.#gaps.values()];
    // Since the last record: whether segments are missing, and whether all of these are named. Before the first record
    // there may be some that a reader has read, and that compaction has removed since.
    let [isHole, isNamed] = [true, true];
    for (const [index, { segment, records }] of this.segments.entries()) {
      const expected = (this.segments[index - 1]?.segment ?? segment - 1) + 1;
      for (const [first, last] of removed.unnamed(expected, segment - 1)) {
        warnings.push({ kind: "missing-segment", segment: first, count: last - first + 1 });
        isNamed = false;
      }
      isHole ||= segment > expected;
      if (records === 0) continue;
      const jump = this.#jumps.get(segment);
      if (jump && !(isHole && isNamed && jump.actual > jump.expected)) gaps.push(jump);
      [isHole, isNamed] = [false, true];
    }
    const places = gaps.reduce((sum, gap) => sum + gap.places, 0);
    const [earliest] = gaps.sort((a, b) => a.segment - b.segment || a.offset - b.offset);
    if (earliest) warnings.push({ ...earliest, places });
    for (const { segment, brokenGroup } of this.segments) {
      if (!brokenGroup) continue;
      const { offset, places } = brokenGroup;
      warnings.push({ kind: "group-broken", segment, offset, places });
    }
    return [...this.#beginningWarnings(), ...warnings];
  }

  /** The first segment that ever was begins with txid 1; damage before the first record says more than a warning. */
  #beginningWarnings(): RecoveryWarning[] {
    const first = this.segments.findIndex(({ records, damage }) => records > 0 || damage);
    if (this.#firstTxid === 1n || first < 0 || this.segments[0]!.segment !== FIRST_SEGMENT_ID) return [];
    const { segment, records } = this.segments[first]!;
    return records > 0 ? [{ kind: "missing-beginning", segment, txid: this.#firstTxid }] : [];
  }

  *#frames(findings: SegmentFindings, from: number, keep?: (reader: SegmentReader) => void): Steps<void> {
    const reader = this.#reader;
    for (;;) {
      let outcome: "cut-group" | ReturnType<SegmentReader["next"]> = reader.next();
      if (outcome === "record") {
        const head = reader.frameOffset < this.#group.end ? undefined : groupHeadAt(reader.cursor);
        if (!head || (yield* this.#counts(head, findings, from))) {
          this.#take(findings, reader);
          continue;
        }
        reader.unread();
        outcome = "cut-group";
      }
      findings.validEnd = reader.nextOffset;
      keep?.(reader);
      if (outcome === "end") return;
      if (outcome !== "more") {
        const hasPredecessor = this.segments[0] !== findings;
        findings.damage = describeDamage(findings, reader, outcome, hasPredecessor);
        return;
      }
      reader.fill();
      if (this.#isShared) this.#requirePiece(reader, findings.path);
      yield this.#progress(reader.nextOffset - from);
    }
  }

  /**
   * Asked behind each piece of a segment: the frame before it stands still, or what was read before was cut, and the piece
   * is of another log.
   *
   * @throws RecordLogError ERR_DATAWAL_READER_STALE
   */
  #requirePiece(reader: SegmentReader, path: string): void {
    const crc = reader.crcBefore();
    if (crc !== undefined && crc !== this.lastCrc) throw segmentStale(path, "other records");
  }

  /** Whether a head that was read counts, and what stands behind it: not where the log ends within its group. */
  *#counts(head: GroupHead, findings: SegmentFindings, from: number): Steps<boolean> {
    const { cursor, frameOffset: offset, nextOffset } = this.#reader;
    if (head.version !== GROUP_VERSION) {
      findings.unknownGroupOffset ??= offset;
      return true;
    }
    const progress = this.#progress(nextOffset - from);
    const { state, end } = yield* this.#groups.inspect(this.#reader, head, this.txids.max, progress);
    if (state === "cut") {
      findings.cutGroup = { end, crcs: head.crcs };
      return false;
    }
    this.#group = { start: nextOffset, end };
    const places = (findings.brokenGroup?.places ?? 0) + 1;
    if (state !== "whole")
      findings.brokenGroup = { offset, headEnd: nextOffset, headCrc: cursor.storedCrc, end, places };
    return true;
  }

  /** @param byteCount of the segment at hand. */
  #progress(byteCount: number): ProgressStep {
    return { kind: "progress", bytesDone: this.#bytesDone + byteCount, bytesTotal: this.#bytesTotal };
  }

  #take(findings: SegmentFindings, reader: SegmentReader): void {
    const { cursor, frameOffset } = reader;
    this.lastCrc = cursor.storedCrc;
    const step = frameOffset >= this.#group.start && frameOffset < this.#group.end ? 2 : 1;
    if (!this.txids.accepts(cursor.txidLow, cursor.txidHigh, step))
      this.#noteGap(cursor, findings.segment, frameOffset);
    if (this.records === 0) this.#firstTxid = cursor.txid;
    this.txids.push(cursor.txidLow, cursor.txidHigh);
    this.records++;
    findings.records++;
    findings.lastFrameOffset = frameOffset;
    this.#visit?.(cursor, findings.segment, frameOffset);
  }

  #noteGap(cursor: FrameCursor, segment: number, offset: number): void {
    const expected = this.txids.last + 1n;
    const known = this.#gaps.get(segment);
    const gap: TxidGap = { kind: "txid-gap", segment, offset, expected, actual: cursor.txid, places: 1 };
    if (offset === 0) this.#jumps.set(segment, gap);
    else if (known) known.places++;
    else this.#gaps.set(segment, gap);
  }
}

/**
 * @param findings where the segment lies, how large it is, and the end of its valid prefix.
 * @param hasPredecessor whether another segment comes before it.
 */
export function describeDamage(
  findings: Pick<SegmentFindings, "segment" | "path" | "size" | "validEnd">,
  reader: SegmentReader,
  outcome: "truncated" | "crc-mismatch" | "cut-group" | InvalidReason,
  hasPredecessor: boolean,
): Damage {
  const { segment, path, size, validEnd: offset } = findings;
  const head = reader.head(HEADER_LEN);
  const reason = damageReason(outcome, head);
  const frameFits =
    hasBelievableLengths(reader.cursor) && offset + reader.cursor.end - reader.cursor.start <= size;
  const verdict = judgeTail({ offset, reason, head, hasPredecessor, frameFits });
  return { segment, path, offset, bytes: size - offset, reason, verdict };
}
