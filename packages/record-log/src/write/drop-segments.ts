import { fsyncDirectorySteps, fsyncFile, type Steps } from "@datawal/safeatomic/internal";
import { RecordLogError } from "../record-log-error.js";
import type { SegmentRotation } from "./segment-rotation.js";

/**
 * Removes sealed segments before `end`, oldest first, each removal durable before the next: unsynced removals may
 * survive a power cut in any subset, and a hole in the middle must not. The newest segment that holds a record stays,
 * or txids would begin again (disk-rules R14).
 *
 * @param onDrop Called before each removal; what it throws keeps the segment.
 * @returns The ids removed.
 */
export function* dropSegments(
  segments: SegmentRotation,
  end: number,
  onDrop: (segment: number) => void,
): Steps<number[]> {
  const newest = newestWithRecords(segments);
  const sizes = segments.ids.filter((id) => id < end && id < newest).map((id) => sizeOf(segments, id));
  const bytesTotal = sizes.reduce((sum, size) => sum + size, 0);
  const dropped: number[] = [];
  let bytesDone = 0;
  // The record that stays must not be lost to a power cut that the removals survive.
  if (sizes.length > 0) {
    segments.lock.requireInPlace();
    yield* fsyncFile(segments.commit);
    segments.commit.requireUntouched();
  }
  for (const size of sizes) {
    yield { kind: "progress", bytesDone, bytesTotal };
    onDrop(segments.ids[0]!);
    segments.lock.requireInPlace();
    dropped.push(segments.ids[0]!);
    yield* removeSealed(segments, segments.ids[0]!);
    bytesDone += size;
  }
  return dropped;
}

/** Removes one sealed segment; its absence is durable when done. */
export function* removeSealed({ store, poison, ids }: SegmentRotation, segment: number): Steps<void> {
  const { fileSystem, directory } = store;
  const path = store.path(segment);
  try {
    fileSystem.removeFile(path);
    ids.splice(ids.indexOf(segment), 1);
    yield* fsyncDirectorySteps(fileSystem, directory);
  } catch (cause) {
    poison.latch("drop segment failed", cause);
    const message = `${path}: expected the segment to be removed, the file system refused; the segments behind it are untouched: close this handle, see the cause, open again`;
    throw new RecordLogError("ERR_DATAWAL_DROP_FAILED", message, { path, segment }, cause);
  }
}

function newestWithRecords(segments: SegmentRotation): number {
  const { ids, active } = segments;
  if (active.size > 0) return active.segment;
  return ids.findLast((id) => sizeOf(segments, id) > 0) ?? active.segment;
}

function sizeOf({ store }: SegmentRotation, segment: number): number {
  return store.fileSystem.stat(store.path(segment))?.size ?? 0;
}
