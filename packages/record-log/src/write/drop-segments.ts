import { fsyncDirectorySteps, fsyncFile, type Steps } from "@datawal/safeatomic";
import { RecordLogError } from "../record-log-error.js";
import { segmentPath } from "../store/listing.js";
import type { SegmentRotation } from "./segment-rotation.js";
import type { WritableStore } from "./writable-store.js";

/**
 * Removes sealed segments before `end`, oldest first, each removal durable before the next: unsynced removals may
 * survive a power cut in any subset, and a hole in the middle must not. The newest segment that holds a record stays,
 * or txids would begin again (disk-rules R14).
 *
 * @param onDrop Called before each removal; what it throws keeps the segment.
 * @returns The ids removed.
 */
export function* dropSegments(
  store: WritableStore,
  segments: SegmentRotation,
  end: number,
  onDrop: (segment: number) => void,
): Steps<number[]> {
  const newest = newestWithRecords(store, segments);
  const sizes = segments.ids.filter((id) => id < end && id < newest).map((id) => sizeOf(store, id));
  const bytesTotal = sizes.reduce((sum, size) => sum + size, 0);
  const dropped: number[] = [];
  let bytesDone = 0;
  // The record that stays must not be lost to a power cut that the removals survive.
  if (sizes.length > 0) {
    store.lock.requireInPlace();
    yield* fsyncFile(segments.commit);
    segments.commit.requireUntouched();
  }
  for (const size of sizes) {
    yield { kind: "progress", bytesDone, bytesTotal };
    onDrop(segments.ids[0]!);
    store.lock.requireInPlace();
    dropped.push(yield* dropOldest(store, segments));
    bytesDone += size;
  }
  return dropped;
}

function* dropOldest(
  { settings, directory, poison }: WritableStore,
  { ids }: SegmentRotation,
): Steps<number> {
  const segment = ids[0]!;
  const path = segmentPath(directory, segment);
  try {
    settings.fileSystem.removeFile(path);
    ids.shift();
    yield* fsyncDirectorySteps(settings.fileSystem, directory);
    return segment;
  } catch (cause) {
    poison.latch("drop segment failed", cause);
    throw new RecordLogError(
      "ERR_DATAWAL_DROP_FAILED",
      `${path}: expected the segment to be removed, the file system refused; the segments behind it are untouched: close this handle, see the cause, open again`,
      { path, segment },
      cause,
    );
  }
}

function newestWithRecords(store: WritableStore, { ids, active }: SegmentRotation): number {
  if (active.size > 0) return active.segment;
  return ids.findLast((id) => sizeOf(store, id) > 0) ?? active.segment;
}

function sizeOf({ settings, directory }: WritableStore, segment: number): number {
  return settings.fileSystem.stat(segmentPath(directory, segment))?.size ?? 0;
}
