import { FrameCursor, HEADER_LEN } from "@datawal/format";
import { type Steps, useFile, useFileSteps } from "@datawal/safeatomic/internal";
import { readBytes, readCrc } from "../store/file-range.js";
import type { RemovedSegments } from "../store/removed-segments.js";
import type { Store } from "../store/store.js";
import { fileNumbersOf, notedSize, type SyncNote } from "../store/sync-note.js";
import { SegmentReader } from "./segment-reader.js";

/** A log that is about to be read. */
export interface ListedLog {
  readonly store: Store;
  /** Ids in ascending order. */
  readonly segments: readonly number[];
  readonly removed: RemovedSegments;
  readonly note: SyncNote | undefined;
  /** Whether the active segment is going to be appended to. */
  readonly isForWriting: boolean;
}

/**
 * Asked before a log is read, by whom somebody has told what lies in segments that were read before.
 *
 * @returns Those that need not be read, from the first one on; none where there is any doubt.
 */
export type KnowSegments = (log: ListedLog) => Steps<readonly KnownSegment[]>;

/** What is kept of a segment that was read to its end, where its last frame is. */
export interface SegmentExtent {
  segment: number;
  records: number;
  /** Where the last frame starts; 0 without one. */
  lastFrameOffset: number;
}

/** A segment by what is proven of it without reading it through. */
export interface KnownSegment extends SegmentExtent {
  path: string;
  identity: string;
  size: number;
  /** Headers of the first and the last frame. */
  first: FrameCursor;
  last: FrameCursor;
  lastCrc: number;
  /** The same text as long as nobody has changed the file: which one it is, its size, its change time, its last frame. */
  mark: string;
}

/** @returns `undefined` where the file system does not tell change times, or the segment does not end with that frame. */
export function markSegment(store: Store, extent: SegmentExtent): KnownSegment | undefined {
  const { segment, records, lastFrameOffset } = extent;
  const path = store.path(segment);
  return useFile(store.fileSystem, path, "read", (file) => {
    const { identity, size, changeTime } = file.stat();
    const [first, last] = [new FrameCursor(), new FrameCursor()];
    let lastCrc = 0;
    if (records > 0) {
      first.readHeader(readBytes(file, path, 0, HEADER_LEN), 0);
      const outcome = last.readHeader(readBytes(file, path, lastFrameOffset, HEADER_LEN), 0);
      if (outcome !== "header" || lastFrameOffset + last.end !== size) return undefined;
      lastCrc = readCrc(file, path, size);
    }
    if (changeTime === undefined || (records === 0) !== (size === 0)) return undefined;
    const facts = [fileNumbersOf(identity), size, changeTime, last.txid, lastCrc];
    return { ...extent, path, identity, size, first, last, lastCrc, mark: facts.join(" ") };
  });
}

/**
 * Proves segments that were marked to be the beginning of a log, all unchanged. Of the active one, which a repair may cut, it
 * proves also that all of it is known to be on disk (disk-rules R4), and to a writer that its frames are: what is appended
 * behind one that has rotted is cut off with it when the log is read.
 *
 * @returns `undefined` where there is any doubt.
 */
export function* proveSegments(
  { store, segments, note, isForWriting }: ListedLog,
  extents: readonly SegmentExtent[],
  marks: readonly string[],
): Steps<KnownSegment[] | undefined> {
  const known: KnownSegment[] = [];
  for (const [index, extent] of extents.entries()) {
    if (segments[index] !== extent.segment) return undefined;
    const found = markSegment(store, extent);
    if (found?.mark !== marks[index] || !found) return undefined;
    known.push(found);
  }
  const last = known.at(-1);
  if (!last || last.segment < segments.at(-1)!) return known;
  const syncedBytes = notedSize(note, last.segment, last.identity) ?? -1;
  if (syncedBytes < last.size) return undefined;
  return !isForWriting || (yield* isReadable(store, last)) ? known : undefined;
}

function* isReadable(store: Store, { path, size }: KnownSegment): Steps<boolean> {
  return yield* useFileSteps(store.fileSystem, path, "read", function* (file) {
    const reader = new SegmentReader(store.crc, "lent");
    try {
      reader.start(file, path, size);
      for (;;) {
        const outcome = reader.next();
        if (outcome === "record") continue;
        if (outcome !== "more") return outcome === "end";
        reader.fill();
        yield { kind: "progress", bytesDone: 0, bytesTotal: 0 };
      }
    } finally {
      reader.release();
    }
  });
}
