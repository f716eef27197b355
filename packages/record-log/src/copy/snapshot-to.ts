import { join, resolve } from "node:path";
import type { OpenFile } from "@datawal/safeatomic";
import { appendFully, runAsync, runSync, type Steps } from "@datawal/safeatomic/internal";
import { Inspection, type SegmentFindings } from "../inspect/inspection.js";
import { NoteWitness } from "../inspect/note-witness.js";
import type { RecoveryWarning } from "../inspect/recovery-warning.js";
import { requireSound } from "../inspect/refusal.js";
import { checkReadOptions, MAKE_OPTIONS, type MakeOptions } from "../open-options.js";
import { PinnedStore } from "../store/pinned-store.js";
import { type RemovedSegments, writeRemovedSegments } from "../store/removed-segments.js";
import { Store } from "../store/store.js";
import { segmentName } from "../store/store-names.js";
import { readOperation } from "../store/store-operation.js";
import { buildFile, publishDirectory } from "./publish-directory.js";

/** What {@link snapshotTo} copied. */
export interface SnapshotResult {
  segments: number;
  records: number;
  bytes: number;
  /** The largest txid copied; 0 without a record. */
  lastTxid: bigint;
  /** What the log lacks, and so its copy. */
  warnings: RecoveryWarning[];
}

/**
 * Copies a log as it is now, whole records only, to a new directory: a backup, taken beside a live writer. Every byte
 * is verified as it is copied, in constant memory; the target appears whole and durable, or not at all. Where the
 * writer drops the log's head faster than it is copied, the copy begins behind it.
 *
 * @param dir The store's directory; only read.
 * @param target Must not exist, or be an empty directory; its parents are made.
 * @throws RecordLogError ERR_DATAWAL_TARGET_EXISTS, ERR_DATAWAL_SEGMENT_DAMAGED, ERR_DATAWAL_NOT_A_SEGMENT,
 * ERR_DATAWAL_FRAME_UNSUPPORTED (collect what is left with salvageTo), ERR_DATAWAL_STORE_NOT_FOUND,
 * ERR_DATAWAL_STORE_NOT_A_DIRECTORY, ERR_DATAWAL_SWAP_UNFINISHED, ERR_DATAWAL_SEGMENT_NOT_A_FILE,
 * ERR_DATAWAL_SEGMENT_CHANGED, ERR_DATAWAL_READER_STALE (the store was replaced meanwhile), ERR_DATAWAL_STORE_IO
 * @throws SafeatomicError ERR_DATAWAL_CHANGE_NOT_DURABLE (the target is there, but a power cut may undo it),
 * ERR_DATAWAL_SHORT_WRITE, ERR_DATAWAL_NOT_A_DIRECTORY, ERR_DATAWAL_DANGLING_LINK (in the way to the target)
 */
export function snapshotTo(
  dir: string | URL,
  target: string,
  options?: MakeOptions,
): Promise<SnapshotResult> {
  return runAsync(snapshotSteps(dir, target, options), options);
}

/** As {@link snapshotTo}, on this thread. */
export function snapshotToSync(dir: string | URL, target: string, options?: MakeOptions): SnapshotResult {
  return runSync(snapshotSteps(dir, target, options), options);
}

/** {@link snapshotTo} as a part of a longer operation. */
export function* snapshotSteps(
  dir: string | URL,
  target: string,
  options?: MakeOptions,
): Steps<SnapshotResult> {
  const checked = checkReadOptions(dir, options, MAKE_OPTIONS);
  const { fileSystem } = checked;
  return yield* readOperation("snapshot", checked, function* (store) {
    const pinned = new PinnedStore(store);
    const note = new NoteWitness(store);
    const listing = pinned.list();
    const inspection = new Inspection(store, undefined, true);
    const warnings: RecoveryWarning[] = [];
    inspection.expect(listing.segments);
    yield* publishDirectory(fileSystem, resolve(target), function* (building) {
      const pathOf = (segment: number) => join(building, segmentName(segment));
      const copy = function* (segment: number, isLast: boolean): Steps<void> {
        const write = (file: OpenFile) => copyPrefix(inspection, segment, isLast, file);
        requireSound(yield* buildFile(fileSystem, pathOf(segment), write), isLast);
      };
      const { removed } = yield* pinned.readInOrder(listing, 0, copy, () => {
        for (const { segment } of inspection.segments) fileSystem.removeFile(pathOf(segment));
        inspection.beginAgain();
        return 0;
      });
      pinned.requireSame();
      warnings.push(...inspection.warnings(removed), ...note.warningsOn(inspection.segments));
      yield* copyMarker(new Store(store, building), removed, inspection.segments);
      return true;
    });
    const { segments, records, txids } = inspection;
    const bytes = segments.reduce((sum, { validEnd }) => sum + validEnd, 0);
    return { segments: segments.length, records, bytes, lastTxid: txids.max, warnings };
  });
}

function* copyMarker(
  target: Store,
  removed: RemovedSegments,
  segments: readonly SegmentFindings[],
): Steps<void> {
  const absent = removed.without(segments.map(({ segment }) => segment));
  if (absent.ranges.length > 0) yield* writeRemovedSegments(target, absent);
}

/** Copies a segment's valid prefix, from the memory it was verified in. */
function* copyPrefix(
  inspection: Inspection,
  segment: number,
  isLast: boolean,
  target: OpenFile,
): Steps<SegmentFindings> {
  let copied = 0;
  return yield* inspection.read(segment, isLast, (reader) => {
    const bytes = reader.verifiedFrom(copied);
    appendFully(target, bytes);
    copied += bytes.length;
  });
}
