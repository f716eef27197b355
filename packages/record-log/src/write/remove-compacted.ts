import { isSafeatomicError } from "@datawal/safeatomic";
import { errnoOf, fsyncFile, type Steps } from "@datawal/safeatomic/internal";
import { RecordLogError } from "../record-log-error.js";
import { readRemovedSegments, writeRemovedSegments } from "../store/removed-segments.js";
import { removeSealed } from "./drop-segments.js";
import type { SegmentRotation } from "./segment-rotation.js";

/**
 * Removes a sealed segment of which everything that is needed has been appended again (disk-rules R17). First the copies
 * are made durable, then the marker that names the segment, also where it is named already, for what it says of them: a
 * crash in between leaves both, which opens as the same.
 *
 * @param require Called behind each wait; what it throws keeps the segment.
 */
export function* removeCompacted(
  segments: SegmentRotation,
  segment: number,
  require: () => void,
): Steps<void> {
  const requireOurs = () => {
    require();
    segments.lock.requireInPlace();
  };
  yield* fsyncFile(segments.commit);
  requireOurs();
  segments.commit.requireUntouched();
  yield* nameRemoved(segments, segment, requireOurs);
  requireOurs();
  yield* removeSealed(segments, segment);
}

function* nameRemoved(
  { store, poison, ids, syncNote }: SegmentRotation,
  segment: number,
  requireOurs: () => void,
): Steps<void> {
  try {
    const removed = readRemovedSegments(store).without(ids).with(segment);
    yield* writeRemovedSegments(store, removed, syncNote, requireOurs);
  } catch (cause) {
    if (errnoOf(cause) === undefined && !isSafeatomicError(cause)) throw cause;
    poison.latch("compaction marker failed", cause);
    const path = store.path(segment);
    const message = `${path}: expected the marker beside it to name it as removed, the file system refused; it stays, and nothing is lost: close this handle, see the cause, open again`;
    throw new RecordLogError("ERR_DATAWAL_DROP_FAILED", message, { path, segment }, cause);
  }
}
