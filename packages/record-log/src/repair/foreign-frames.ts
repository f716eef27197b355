import { type Crc32c, HEADER_LEN } from "@datawal/format";
import { type ProgressStep, type Steps, useFileSteps } from "@datawal/safeatomic/internal";
import { damageReason } from "../inspect/damage-table.js";
import { GroupInspector, groupHeadAt } from "../inspect/group.js";
import { SegmentReader } from "../inspect/segment-reader.js";
import type { DamageReason } from "../record-log-error.js";
import { type FileRange, rangesEqual, sharedByteCount } from "../store/file-range.js";
import type { Store } from "../store/store.js";
import { journalPath } from "./tail-journal.js";

/** A segment's end beside the journal that is to be appended there. */
export interface JournaledTail {
  /** From the proven size to the end of the segment. */
  segment: FileRange;
  /** The journal's frames: they belong where that range begins. */
  journal: FileRange;
}

/** Opens both for as long as `use` takes. */
export function withJournaledTail<T>(
  store: Store,
  segment: number,
  { offset, byteCount }: { offset: number; byteCount: number },
  use: (tail: JournaledTail) => Steps<T>,
): Steps<T> {
  const path = store.path(segment);
  const journal = { path: journalPath(store, segment), offset: 0, byteCount };
  return useFileSteps(store.fileSystem, journal.path, "read", (journalFile) =>
    useFileSteps(store.fileSystem, path, "read", (file) => {
      const tailBytes = Math.max(0, file.stat().size - offset);
      return use({
        segment: { file, path, offset, byteCount: tailBytes },
        journal: { ...journal, file: journalFile },
      });
    }),
  );
}

/**
 * The frames behind a segment's proven size that its journal does not have: a program that knows of no journal, as the
 * reference, has appended them since the repair was interrupted (docs/decisions/0008).
 *
 * They begin where the segment and the journal part, at a frame's boundary, and go on as long as frames are valid. A
 * crash of the repair itself leaves none: of the journal's bytes it loses some, and a frame that lacks some is invalid.
 */
export interface ForeignFrames {
  tail: JournaledTail;
  /** Where they begin. All offsets count from the start of the segment. */
  offset: number;
  /** Where the valid frames end, foreign or not; the same where there are none. */
  end: number;
  /** What stands behind these. */
  rest: FileRange;
  /** Of the first one; `undefined` without one. */
  firstTxid: bigint | undefined;
  /** Of the last frame before {@link end}; `undefined` where that is the proven size. */
  lastTxid: bigint | undefined;
  /** Why there is no frame at {@link end}; `undefined` at the end of the segment. */
  reason: DamageReason | undefined;
}

/** Looks for them; `undefined` where the segment holds nothing but what the journal begins with. */
export function* findForeign(tail: JournaledTail, crc: Crc32c): Steps<ForeignFrames | undefined> {
  const { segment } = tail;
  const shared = yield* sharedByteCount(segment, tail.journal);
  if (shared === segment.byteCount) return undefined;
  const reader = readerOf(segment, crc);
  let offset = segment.offset;
  let firstTxid: bigint | undefined;
  let lastTxid: bigint | undefined;
  const groups = new GroupInspector(true);
  let maxTxid = 0n;
  let isCut = false;
  while (yield* nextFrame(reader)) {
    // What a repair has cut may be back: the journal ends before it, and nobody else has appended it.
    isCut = yield* isCutHead(reader, groups, maxTxid);
    if (isCut) break;
    lastTxid = reader.cursor.txid;
    if (lastTxid > maxTxid) maxTxid = lastTxid;
    if (reader.nextOffset <= segment.offset + shared) offset = reader.nextOffset;
    else firstTxid ??= lastTxid;
  }
  if (isCut) reader.unread();
  const end = reader.nextOffset;
  const rest = { ...segment, offset: end, byteCount: segment.offset + segment.byteCount - end };
  return { tail, offset, end, rest, firstTxid, lastTxid, reason: isCut ? "cut-group" : reasonAt(reader) };
}

/** Whether the frame that was read is the head of a group that is cut. */
function* isCutHead(reader: SegmentReader, groups: GroupInspector, maxTxid: bigint): Steps<boolean> {
  const head = groupHeadAt(reader.cursor);
  if (!head) return false;
  return (yield* groups.inspect(reader, head, maxTxid, progressOf(reader))).state === "cut";
}

/**
 * Shows each frame that the journal lacks, in order: a view, valid during the call.
 *
 * @returns How many there are. 0 also where the journal has been extended by all of them before.
 */
export function* visitForeign(
  foreign: ForeignFrames,
  crc: Crc32c,
  use?: (frame: Uint8Array, txid: bigint) => void,
): Steps<number> {
  const known = yield* countKnown(foreign, crc);
  const walk = walkOver(foreign, crc);
  let count = 0;
  for (let frame = yield* nextForeign(walk, foreign); frame; frame = yield* nextForeign(walk, foreign)) {
    if (count++ >= known) use?.(frame, walk.cursor.txid);
  }
  return count - known;
}

/** Whether the journal has the same bytes for that place of the segment. */
export function* isJournaled(
  { segment, journal }: JournaledTail,
  offset: number,
  byteCount: number,
): Steps<boolean> {
  const place = offset - segment.offset;
  if (place + byteCount > journal.byteCount) return false;
  return yield* rangesEqual({ ...segment, offset, byteCount }, { ...journal, offset: place, byteCount });
}

/**
 * How many of the frames, from the first, the journal has as its last ones, put there by an open that was
 * interrupted in its turn.
 */
function* countKnown(foreign: ForeignFrames, crc: Crc32c): Steps<number> {
  const first = yield* nextForeign(walkOver(foreign, crc), foreign);
  if (!first) return 0;
  const reader = readerOf(foreign.tail.journal, crc);
  for (let frame = yield* nextFrame(reader); frame; frame = yield* nextFrame(reader)) {
    if (Buffer.compare(frame, first) !== 0) continue;
    const count = yield* countEqual(foreign, crc, reader.frameOffset);
    if (count > 0) return count;
  }
  return 0;
}

/** How many are those of the journal from `journalOffset` on, until either ends; 0 where one differs. */
function* countEqual(foreign: ForeignFrames, crc: Crc32c, journalOffset: number): Steps<number> {
  const reader = readerOf(foreign.tail.journal, crc, journalOffset);
  const walk = walkOver(foreign, crc);
  for (let count = 0; ; count++) {
    const known = yield* nextFrame(reader);
    const frame = known && (yield* nextForeign(walk, foreign));
    if (!frame) return count;
    if (Buffer.compare(frame, known) !== 0) return 0;
  }
}

function walkOver({ tail, offset, end }: ForeignFrames, crc: Crc32c): SegmentReader {
  return readerOf({ ...tail.segment, offset, byteCount: end - offset }, crc);
}

function* nextForeign(walk: SegmentReader, { tail }: ForeignFrames): Steps<Uint8Array | undefined> {
  for (;;) {
    const frame = yield* nextFrame(walk);
    // A power cut may have mixed an uncut segment with what was being appended, frame by frame.
    if (!frame || !(yield* isJournaled(tail, walk.frameOffset, frame.length))) return frame;
  }
}

function readerOf({ file, path, offset, byteCount }: FileRange, crc: Crc32c, from = offset): SegmentReader {
  const reader = new SegmentReader(crc);
  reader.start(file, path, offset + byteCount, from);
  return reader;
}

/** The bytes of the next valid frame, a view valid until the reader goes on; `undefined` where there is none. */
function* nextFrame(reader: SegmentReader): Steps<Uint8Array | undefined> {
  const outcome = yield* reader.read(() => progressOf(reader));
  if (outcome !== "record") return undefined;
  return reader.cursor.bytes.subarray(reader.cursor.start, reader.cursor.end);
}

function progressOf({ nextOffset, size }: SegmentReader): ProgressStep {
  return { kind: "progress", bytesDone: nextOffset, bytesTotal: size };
}

/** Why {@link nextFrame} found none. */
function reasonAt(reader: SegmentReader): DamageReason | undefined {
  const outcome = reader.next();
  if (outcome === "end" || outcome === "record" || outcome === "more") return undefined;
  return damageReason(outcome, reader.head(HEADER_LEN));
}
