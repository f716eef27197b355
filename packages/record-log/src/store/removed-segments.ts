import { TextDecoder, TextEncoder } from "node:util";
import type { Crc32c } from "@datawal/format";
import {
  appendFully,
  errnoOf,
  publishFile,
  readFully,
  type Steps,
  useFile,
  withoutProgress,
} from "@datawal/safeatomic/internal";
import { requireFile } from "./listing.js";
import type { Store } from "./store.js";
import { REMOVED_SEGMENTS_NAME, SEGMENT_ID_MAX, temporaryName } from "./store-names.js";
import { formatSyncNote, parseSyncNote, type SyncNote } from "./sync-note.js";

/** Ids, both ends included. */
type IdRange = readonly [first: number, last: number];

/**
 * The ids of segments that compaction in place has removed (disk-rules R17): a hole in the ids that they fill is none.
 *
 * Kept in the first line of a file of its own, the marker: `removed 1 1-4,7 0f1e2d3c`, which is version, ranges (`-`
 * for none) and checksum. A copy of the directory keeps it true. Where it is lost, damaged or of a later version it
 * names none, and holes are told as if somebody had made them by hand. What may follow: {@link readMarkedNote}.
 */
export class RemovedSegments {
  /** Ascending; no two of them touch. */
  readonly ranges: readonly IdRange[];

  constructor(ranges: readonly IdRange[] = []) {
    const merged: [number, number][] = [];
    for (const [first, last] of ranges.toSorted(([a], [b]) => a - b)) {
      const before = merged.at(-1);
      if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last);
      else merged.push([first, last]);
    }
    this.ranges = merged;
  }

  with(segment: number): RemovedSegments {
    return new RemovedSegments([...this.ranges, [segment, segment]]);
  }

  /** Less those that are there, and those above the newest of them, which will be: ascending ids. */
  without(present: readonly number[]): RemovedSegments {
    const newest = present.at(-1) ?? 0;
    const taken = [...present.slice(0, -1).map((id) => [id, id] as const), [newest, SEGMENT_ID_MAX] as const];
    return new RemovedSegments(difference(this.ranges, taken));
  }

  /** What of the ids from `first` to `last` is not named here. */
  unnamed(first: number, last: number): IdRange[] {
    return difference([[first, last]], this.ranges);
  }

  /** Whether an id from `first` on is named here and not there. */
  hasMore(than: RemovedSegments, first: number): boolean {
    return difference(this.ranges, than.ranges).some(([, last]) => last >= first);
  }

  toString(): string {
    return this.ranges.map(([first, last]) => (first === last ? first : `${first}-${last}`)).join() || "-";
  }
}

/** What of `ranges` is in none of `taken`. */
function difference(ranges: readonly IdRange[], taken: readonly IdRange[]): IdRange[] {
  const left: IdRange[] = [];
  let index = 0;
  for (const [first, last] of ranges) {
    let from = first;
    while (index < taken.length && taken[index]![1] < first) index++;
    for (let at = index; at < taken.length && taken[at]![0] <= last; at++) {
      if (taken[at]![0] > from) left.push([from, taken[at]![0] - 1]);
      from = taken[at]![1] + 1;
    }
    if (from <= last) left.push([from, last]);
  }
  return left;
}

export function formatRemovedSegments(removed: RemovedSegments, crc: Crc32c): string {
  return withChecksum(`removed 1 ${removed}`, crc);
}

/** The ids of a marker's first line; none where it is not one that {@link formatRemovedSegments} makes. */
export function parseRemovedSegments(text: string, crc: Crc32c): RemovedSegments {
  // First: a damaged one may have many ranges.
  if (withChecksum(text.slice(0, -CHECKSUM_LEN), crc) !== text) return new RemovedSegments();
  const [, , ranges = ""] = text.split(" ");
  const parsed = new RemovedSegments(ranges === "-" ? [] : ranges.split(",").map(parseRange));
  const isSound = parsed.ranges.every(([first, last]) => first <= last && last <= SEGMENT_ID_MAX);
  return isSound && formatRemovedSegments(parsed, crc) === text ? parsed : new RemovedSegments();
}

function parseRange(range: string): IdRange {
  const [first, last = first] = range.split("-").map(Number);
  return [first!, last!];
}

/** Of the checksum, with the space before it and the end of the line. */
const CHECKSUM_LEN = 10;

function withChecksum(text: string, crc: Crc32c): string {
  const checksum = crc(new TextEncoder().encode(text)).toString(16).padStart(8, "0");
  return `${text} ${checksum}\n`;
}

/**
 * Checks that nothing stands where a marker is to be written, but a marker.
 *
 * @throws RecordLogError ERR_DATAWAL_SEGMENT_NOT_A_FILE
 */
export function requireMarkable(store: Store): void {
  for (const name of [REMOVED_SEGMENTS_NAME, temporaryName(REMOVED_SEGMENTS_NAME)]) {
    const kind = store.fileSystem.stat(store.file(name))?.kind;
    if (kind) requireFile(store.directory, { name, kind });
  }
}

/** More than any store needs, whose ranges are no more than its segments. */
const MARKER_BYTES_MAX = 16 * 1024 * 1024;

/** What a store's marker names now. To be read behind a listing: before it, a segment may go unnamed. */
export function readRemovedSegments(store: Store): RemovedSegments {
  return parseRemovedSegments(readLines(store)[0], store.crc);
}

/**
 * What was synced of the newest segment when the marker was written. The note in `.lock` is never synced: a power cut
 * may leave one from before the compaction, and a repair that cut to it would for a moment take away what was moved,
 * when what it was moved from is gone. The marker is durable before that goes.
 */
export function readMarkedNote(store: Store): SyncNote | undefined {
  return parseSyncNote(readLines(store)[1], store.crc);
}

function readLines(store: Store): readonly [removed: string, note: string] {
  const { fileSystem } = store;
  const path = store.file(REMOVED_SEGMENTS_NAME);
  if (fileSystem.stat(path)?.kind !== "file") return NO_LINES;
  try {
    return useFile(fileSystem, path, "read", (file) => {
      const bytes = new Uint8Array(Math.min(file.stat().size, MARKER_BYTES_MAX));
      const count = readFully(file, bytes, 0, bytes.length, 0);
      const text = new TextDecoder().decode(bytes.subarray(0, count));
      const end = text.indexOf("\n") + 1;
      return [text.slice(0, end), text.slice(end)] as const;
    });
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
    return NO_LINES;
  }
}

const NO_LINES = ["", ""] as const;

/**
 * Writes a marker in place of the one that a store, or a directory that is to be one, has. Durable when done.
 *
 * @param note What is synced of the newest segment; absent in a copy, whose files are others.
 * @param require Called before it gets its name, behind the sync of its bytes: what it throws leaves the old one.
 */
export function* writeRemovedSegments(
  store: Store,
  removed: RemovedSegments,
  note?: SyncNote,
  require = () => {},
): Steps<void> {
  const path = store.file(REMOVED_SEGMENTS_NAME);
  const temporaryPath = store.file(temporaryName(REMOVED_SEGMENTS_NAME));
  const lines = [formatRemovedSegments(removed, store.crc), note ? formatSyncNote(note, store.crc) : ""];
  const bytes = new TextEncoder().encode(lines.join(""));
  const publish = publishFile(
    store.fileSystem,
    { path, temporaryPath, ownsTemporary: true },
    function* (file) {
      yield { kind: "progress", bytesDone: 0, bytesTotal: bytes.length };
      appendFully(file, bytes);
    },
  );
  let isWritten = false;
  yield* withoutProgress(publish, () => {
    if (!isWritten) require();
    isWritten = true;
  });
}
