import type { SegmentFindings } from "./inspection.js";
import type { RecoveryWarning } from "./report.js";
import { notedSize, type SyncNote } from "./sync-note.js";

/**
 * What a log lacks by its sync note: all of it, for a reader.
 *
 * @param note As it was before the segments were listed: a rotation in between would make a segment seem to be missing.
 * @param segments In ascending order. A note of an earlier one says nothing: that one was dropped.
 */
export function noteWarnings(
  note: SyncNote | undefined,
  segments: readonly SegmentFindings[],
): RecoveryWarning[] {
  return [
    ...missingSegmentWarnings(note, segments.at(-1)?.segment),
    ...segments.flatMap((findings) => lostBytesWarnings(note, findings)),
  ];
}

/** Whether the log ends before the note's segment. @param last The id of the newest segment, if there is any. */
export function missingSegmentWarnings(note: SyncNote | undefined, last = -1): RecoveryWarning[] {
  if (!note || note.segment <= last || note.size === 0) return [];
  return [{ kind: "synced-data-missing", segment: note.segment, syncedBytes: note.size }];
}

/** Whether a segment's valid prefix ends before what the note calls synced. */
export function lostBytesWarnings(
  note: SyncNote | undefined,
  { segment, identity, validEnd, damage }: SegmentFindings,
): RecoveryWarning[] {
  const syncedBytes = notedSize(note, segment, identity) ?? 0;
  if (syncedBytes <= validEnd) return [];
  if (!damage) return [{ kind: "synced-data-missing", segment, syncedBytes }];
  return [{ kind: "synced-data-damaged", segment, offset: validEnd, syncedBytes }];
}
