import { useFile } from "@datawal/safeatomic/internal";
import { readCrc } from "../store/file-range.js";
import { segmentStale } from "../store/pinned-store.js";
import type { Store } from "../store/store.js";
import { notedSize, readSyncNote, type SyncNote } from "../store/sync-note.js";
import type { SegmentFindings } from "./inspection.js";
import type { RecoveryWarning } from "./recovery-warning.js";

/**
 * The sync note as a reader takes it: read when this is made, which is to be before the segments are listed, since a
 * rotation in between would make a segment seem to be missing.
 */
export class NoteWitness {
  readonly note: SyncNote | undefined;
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
    this.note = readSyncNote(store);
  }

  /**
   * What a log lacks by the note. Where it lacks something the note is read again: a repair takes back what it says. And
   * the newest segment is looked at again: the same note may have been written anew, about what was appended behind it.
   *
   * @param segments In ascending order. A note of an earlier one says nothing: that one was dropped.
   * @throws RecordLogError ERR_DATAWAL_READER_STALE: a writer has opened the log since the note was read
   */
  warningsOn(segments: readonly SegmentFindings[]): RecoveryWarning[] {
    const { note } = this;
    const group = segments.at(-1)?.brokenGroup;
    if (group) this.#requireHead(segments.at(-1)!.path, group);
    const warnings = [
      ...missingSegmentWarnings(note, segments.at(-1)?.segment),
      ...segments.flatMap((findings) => lostBytesWarnings(note, findings)),
    ];
    if (warnings.length === 0) return warnings;
    const newest = segments.at(-1);
    const isUnchanged =
      isSameNote(note!, readSyncNote(this.#store)) &&
      (!newest || this.#store.fileSystem.stat(newest.path)?.size === newest.size);
    if (isUnchanged) return warnings;
    throw segmentStale(newest?.path ?? this.#store.directory, "one that a writer has opened since");
  }

  /** A repair cuts a part of a group: what was read behind its head may have been appended in its place since. */
  #requireHead(path: string, { headEnd, headCrc }: NonNullable<SegmentFindings["brokenGroup"]>): void {
    const found = useFile(this.#store.fileSystem, path, "read", (file) => readCrc(file, path, headEnd));
    if (found !== headCrc) throw segmentStale(path, "one that a writer has repaired since");
  }
}

function isSameNote({ segment, size, file }: SyncNote, other: SyncNote | undefined): boolean {
  return segment === other?.segment && size === other.size && file === other.file;
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
