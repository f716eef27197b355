import { type Crc32c, HEADER_LEN } from "@datawal/format";
import { readFully, type Steps } from "@datawal/safeatomic/internal";
import { damageReason } from "../inspect/damage-table.js";
import { SegmentReader } from "../inspect/segment-reader.js";
import type { DamageReason } from "../record-log-error.js";
import { CHUNK_BYTES, type FileRange, rangesEqual, readRange } from "../store/file-range.js";
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
export function* withJournaledTail<T>(
  store: Store,
  segment: number,
  { offset, byteCount }: { offset: number; byteCount: number },
  use: (tail: JournaledTail) => Steps<T>,
): Steps<T> {
  const paths = { segment: store.path(segment), journal: journalPath(store, segment) };
  const journal = store.fileSystem.open(paths.journal, "read");
  try {
    const file = store.fileSystem.open(paths.segment, "read");
    try {
      const { size } = file.stat();
      return yield* use({
        segment: { file, path: paths.segment, offset, byteCount: Math.max(0, size - offset) },
        journal: { file: journal, path: paths.journal, offset: 0, byteCount },
      });
    } finally {
      file.close();
    }
  } finally {
    journal.close();
  }
}

/**
 * The frames behind a segment's proven size that its journal does not have: a program that knows of no journal, as the
 * reference, has appended them since the repair was interrupted (docs/decisions/0008).
 *
 * They begin where the segment and the journal part, at a frame's boundary, and go on as long as frames are valid. A
 * crash of the repair itself leaves none: of the journal's bytes it loses some, and a frame that lacks some is invalid.
 */
export class ForeignFrames {
  /** Where they begin. All offsets count from the start of the segment. */
  readonly offset: number;
  /** Where the valid frames end, foreign or not; {@link offset} where there are none. */
  readonly end: number;
  /** The end of the segment. */
  readonly segmentEnd: number;
  /** Of the first one; `undefined` without one. */
  readonly firstTxid: bigint | undefined;
  /** Of the last frame before {@link end}; `undefined` where that is the proven size. */
  readonly lastTxid: bigint | undefined;
  /** Why there is no frame at {@link end}; `undefined` at the end of the segment. */
  readonly reason: DamageReason | undefined;
  readonly #tail: JournaledTail;
  readonly #crc: Crc32c;

  private constructor(
    tail: JournaledTail,
    crc: Crc32c,
    found: Pick<ForeignFrames, "offset" | "end" | "firstTxid" | "lastTxid" | "reason">,
  ) {
    this.offset = found.offset;
    this.end = found.end;
    this.segmentEnd = tail.segment.offset + tail.segment.byteCount;
    this.firstTxid = found.firstTxid;
    this.lastTxid = found.lastTxid;
    this.reason = found.reason;
    this.#tail = tail;
    this.#crc = crc;
  }

  /** Looks for them; `undefined` where the segment holds nothing but what the journal begins with. */
  static *find(tail: JournaledTail, crc: Crc32c): Steps<ForeignFrames | undefined> {
    const { segment } = tail;
    const shared = yield* sharedByteCount(segment, tail.journal);
    if (shared === segment.byteCount) return undefined;
    const reader = readerOf(segment, crc);
    let offset = segment.offset;
    let firstTxid: bigint | undefined;
    let lastTxid: bigint | undefined;
    while (yield* nextFrame(reader)) {
      lastTxid = reader.cursor.txid;
      if (reader.nextOffset <= segment.offset + shared) offset = reader.nextOffset;
      else firstTxid ??= lastTxid;
    }
    const end = reader.nextOffset;
    return new ForeignFrames(tail, crc, { offset, end, firstTxid, lastTxid, reason: reasonAt(reader) });
  }

  /**
   * Shows each frame that the journal lacks, in order: a view, valid during the call.
   *
   * @returns How many there are. 0 also where the journal has been extended by all of them before.
   */
  *visit(use?: (frame: Uint8Array, txid: bigint) => void): Steps<number> {
    const known = yield* this.#countKnown();
    const walk = this.#walk();
    let count = 0;
    for (let frame = yield* walk.next(); frame; frame = yield* walk.next()) {
      if (count++ >= known) use?.(frame, walk.txid);
    }
    return count - known;
  }

  /** Whether the journal has the same bytes for that place of the segment. */
  *isJournaled(offset: number, byteCount: number): Steps<boolean> {
    const { segment, journal } = this.#tail;
    const place = offset - segment.offset;
    if (place + byteCount > journal.byteCount) return false;
    const ours = { ...journal, offset: place, byteCount };
    return yield* rangesEqual({ ...segment, offset, byteCount }, ours);
  }

  /**
   * How many of the frames, from the first, the journal has as its last ones, put there by an open that was
   * interrupted in its turn.
   */
  *#countKnown(): Steps<number> {
    const first = yield* this.#walk().next();
    if (!first) return 0;
    const reader = readerOf(this.#tail.journal, this.#crc);
    for (let frame = yield* nextFrame(reader); frame; frame = yield* nextFrame(reader)) {
      if (Buffer.compare(frame, first) !== 0) continue;
      const count = yield* this.#countEqual(reader.frameOffset);
      if (count > 0) return count;
    }
    return 0;
  }

  /** How many are those of the journal from `journalOffset` on, until either ends; 0 where one differs. */
  *#countEqual(journalOffset: number): Steps<number> {
    const reader = readerOf(this.#tail.journal, this.#crc, journalOffset);
    const walk = this.#walk();
    for (let count = 0; ; count++) {
      const known = yield* nextFrame(reader);
      const frame = known && (yield* walk.next());
      if (!frame) return count;
      if (Buffer.compare(frame, known) !== 0) return 0;
    }
  }

  #walk(): ForeignWalk {
    const { segment } = this.#tail;
    const range = { ...segment, offset: this.offset, byteCount: this.end - this.offset };
    return new ForeignWalk(this, readerOf(range, this.#crc));
  }
}

/** Goes from one foreign frame to the next. */
class ForeignWalk {
  readonly #frames: ForeignFrames;
  readonly #reader: SegmentReader;

  constructor(frames: ForeignFrames, reader: SegmentReader) {
    this.#frames = frames;
    this.#reader = reader;
  }

  /** Of the frame that `next` last returned. */
  get txid(): bigint {
    return this.#reader.cursor.txid;
  }

  *next(): Steps<Uint8Array | undefined> {
    const reader = this.#reader;
    for (;;) {
      const frame = yield* nextFrame(reader);
      // A power cut may have mixed an uncut segment with what was being appended, frame by frame.
      if (!frame || !(yield* this.#frames.isJournaled(reader.frameOffset, frame.length))) return frame;
    }
  }
}

function readerOf({ file, path, offset, byteCount }: FileRange, crc: Crc32c, from = offset): SegmentReader {
  const reader = new SegmentReader(crc);
  reader.start(file, path, offset + byteCount, from);
  return reader;
}

/** The bytes of the next valid frame, a view valid until the reader goes on; `undefined` where there is none. */
function* nextFrame(reader: SegmentReader): Steps<Uint8Array | undefined> {
  for (;;) {
    const outcome = reader.next();
    if (outcome === "record") return reader.cursor.bytes.subarray(reader.cursor.start, reader.cursor.end);
    if (outcome !== "more") return undefined;
    reader.fill();
    yield { kind: "progress", bytesDone: reader.nextOffset, bytesTotal: reader.size };
  }
}

/** Why {@link nextFrame} found none. */
function reasonAt(reader: SegmentReader): DamageReason | undefined {
  const outcome = reader.next();
  if (outcome === "end" || outcome === "record" || outcome === "more") return undefined;
  return damageReason(outcome, reader.head(HEADER_LEN));
}

/** How many bytes two ranges have in common from their beginnings. */
function* sharedByteCount(range: FileRange, other: FileRange): Steps<number> {
  const byteCount = Math.min(range.byteCount, other.byteCount);
  const buffer = new Uint8Array(Math.min(CHUNK_BYTES, byteCount));
  let shared = 0;
  yield* readRange({ ...range, byteCount }, (chunk) => {
    const held = buffer.subarray(0, readFully(other.file, buffer, 0, chunk.length, other.offset + shared));
    const areEqual = Buffer.compare(chunk, held) === 0;
    shared += areEqual ? chunk.length : chunk.findIndex((byte, index) => byte !== held[index]);
    return areEqual;
  });
  return shared;
}
