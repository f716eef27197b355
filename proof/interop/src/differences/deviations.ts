/** A difference between the two sides that is permitted, because the reference's way would be worse. */
export interface Deviation {
  /** What the crate does. */
  crate: string;
  /** What we do instead. */
  ours: string;
  reason: string;
  /** The sections of the runner that show it: a listed difference that no run shows is suspect. */
  seenIn: readonly string[];
}

// docs/compatibility.md has the same list: `node proof/interop/write-deviations.mjs` writes it there, a test compares.
const list = {
  "tail-is-cut": {
    crate: "a torn tail stays in the segment; the next record is appended behind it",
    ours: "opening for writing cuts the segment where the valid prefix ends, and keeps what was cut in a quarantine file",
    reason: "behind a torn frame no later open finds what was appended",
    seenIn: ["damage"],
  },
  "acknowledged-behind-a-torn-tail": {
    crate:
      "records appended and synced behind a torn tail are gone at the next open, or keep the store from opening",
    ours: "they follow the valid prefix, and are there at every later open; what the crate has put behind a tear, `repair` brings back",
    reason: "an acknowledged record must not be lost",
    seenIn: ["damage", "lost", "crashed-groups"],
  },
  "undecided-is-left-out": {
    crate:
      "where a crash tore a frame exactly between its key and its payload, it appends behind the key, and does not find those records again",
    ours: "as long as they end within the torn payload's length, `repair` does not bring them back, either, and `verify` may say torn; `repair` lists the bytes as lost and leaves the store as it is, and a writer that opens it keeps them in a quarantine file",
    reason:
      "nothing tells them from a log that somebody stored as a payload, and what lies in a payload must never come back as records",
    seenIn: ["lost"],
  },
  "a-part-of-a-group-is-left-out": {
    crate: "of a group that a crash has cut it shows what is there, record by record",
    ours: "the log ends before the group's head, unless the crate has gone on behind the part",
    reason: "a batch is there whole or not at all",
    seenIn: ["crashed-groups"],
  },
  "group-key-is-reserved": {
    crate: "any key may be put",
    ours: "the key of the heads of groups (format.md) is refused, `ERR_DATAWAL_RESERVED_KEY`; where the crate has put it, it is read like any other, until the next group deletes it",
    reason: "a record of a user's must never be taken for a head",
    seenIn: ["quirks"],
  },
  "nonsense-at-the-end-is-a-torn-tail": {
    crate:
      "a header that makes no sense keeps the store from opening, also at the end of the active segment: 24 zero bytes are enough",
    ours: "there it is a damaged tail, unless it may be a newer version's frame, or the file never was a segment (recovery.md)",
    reason: "a power cut leaves zeros and garbage, and the valid prefix is worth no less for it",
    seenIn: ["damage"],
  },
  "short-file-that-was-no-segment": {
    crate: "an only segment of 1 to 23 bytes of anything is an empty log with a torn tail",
    ours: "refused, `ERR_DATAWAL_NOT_A_SEGMENT`, unless the bytes are zero or begin as a frame does",
    reason: "no crash leaves such a file: it is somebody's, and appending would spoil it",
    seenIn: ["damage"],
  },
  "segment-must-be-a-file": {
    crate: "links and directories with a segment's name are not seen",
    ours: "refused, `ERR_DATAWAL_SEGMENT_NOT_A_FILE`, by readers, too",
    reason: "the records behind a link would be missing without a word",
    seenIn: ["damage"],
  },
  "nothing-is-opened-through-a-link": {
    crate: "making the first segment, and locking, follow a link, and empty the file that it leads to",
    ours: "refused; the file is as it was",
    reason: "opening a store must not destroy a file outside of it",
    seenIn: ["damage"],
  },
  "lock-must-be-a-file": {
    crate: "a `.lock` that is a link is followed, and the file behind it overwritten by a process id",
    ours: "refused, `ERR_DATAWAL_STORE_IO` with `ELOOP`",
    reason: "locking a store must not destroy a file outside of it",
    seenIn: ["damage"],
  },
  "lock-keeps-a-note": {
    crate: "`.lock` holds the process id, and nothing else",
    ours: "a second line tells how much of the active segment is known to be synced; the crate erases it when it locks",
    reason: "after a failed write-back nothing else tells what is on disk (durability.md)",
    seenIn: ["quirks"],
  },
  "refusal-names-the-holder": {
    crate: "the error of a second open does not say who holds the lock",
    ours: "it names the holder where it is known, and else the process id in `.lock`; it says so when it is this very process",
    reason: "without it nobody knows what to close",
    seenIn: ["lock"],
  },
  "temporaries-are-removed": {
    crate: "files such as `00000001.dwal.new` are left alone",
    ours: "removed by the next writer",
    reason: "only a killed writer of ours leaves them, and nothing in them was ever published",
    seenIn: ["damage"],
  },
  "segment-id-limit-is-refused": {
    crate: "rotation goes on from 99,999,999 to a file of nine digits, which no later open finds",
    ours: "refused, `ERR_DATAWAL_SEGMENT_ID_LIMIT`; appending goes on in the last segment",
    reason: "what is written and synced must be found again",
    seenIn: ["quirks"],
  },
  "txid-limit-is-refused": {
    crate:
      "the record with txid 2^64 - 1 is written and reported as failed; behind it numbering begins again at 1",
    ours: "an append that would need it is refused, `ERR_DATAWAL_TXID_LIMIT`, and nothing is written",
    reason: "txids grow, and a failed append has written nothing",
    seenIn: ["quirks"],
  },
  "no-tombstone-for-what-is-not-there": {
    crate: "deleting a key that is not there writes a tombstone all the same",
    ours: "nothing is written; of a batch, too, deletions of what is not there by then are left out",
    reason: "a program that deletes what may be there would fill its disk with deletions of nothing",
    seenIn: ["differential", "quirks"],
  },
  "no-empty-segment-is-sealed": {
    crate: "rotating while the active segment is empty makes another one",
    ours: "nothing is done",
    reason: "a program that rotates by the clock would leave a file each time",
    seenIn: ["differential", "quirks"],
  },
  "segments-rotate-by-size": {
    crate: "segments grow without limit until `rotate` is called; a `DataWal` is always one segment",
    ours: "a segment is sealed at 64 MiB (`segmentBytesMax`; `Infinity` for the crate's way)",
    reason: "salvage and the removal of old records work on segments; the crate reads any number of them",
    seenIn: ["quirks"],
  },
  "get-proves-the-key": {
    crate: "behind a torn tail `get` fails, or returns the value of another key",
    ours: "there is no torn tail to be behind, and the key in the record is compared",
    reason: "a wrong value is worse than an error",
    seenIn: ["quirks"],
  },
  "report-is-of-the-open": {
    crate: "each `scan` renews `recovery_report`",
    ours: "`recoveryReport()` is what opening found and did; a scan has a report of its own",
    reason: "what a repair did can still be read after the first scan",
    seenIn: ["quirks"],
  },
  "compaction-leaves-no-lock": {
    crate: "`compact_to` leaves a `.lock` beside the segment that it writes",
    ours: "the target holds the segment and nothing else",
    reason: "nobody has opened the target: its segment is written under a temporary name and renamed",
    seenIn: ["differential"],
  },
  "compaction-can-be-tried-again": {
    crate: "a target is refused when anything is in it, also what a killed compaction has left",
    ours: "the temporary of a killed compaction does not count",
    reason: "what we leave is never half a store, and nobody should have to clean up by hand",
    seenIn: ["quirks"],
  },
  "unfinished-swap-is-refused": {
    crate: "where only `STORE.old` is left of a store, opening makes an empty one",
    ours: "refused, `ERR_DATAWAL_SWAP_UNFINISHED`, with what finishes the swap",
    reason: "an empty store in place of a full one hides the data",
    seenIn: ["quirks"],
  },
  "safeatomic-keeps-the-mode": {
    crate: "`write_atomic` gives the file a new file's mode",
    ours: "the permission bits of an existing file are kept, and its owner where the process may set it",
    reason: "replacing a private file must not publish it",
    seenIn: ["safeatomic"],
  },
  "safeatomic-writes-through-links": {
    crate: "a link at the target's name is replaced by a file; an append makes the file that a link misses",
    ours: "the file that the link leads to is written; a link that leads nowhere is refused, or takes the name",
    reason: "whoever put a link there wants the file behind it written, and a missing one is a mistake",
    seenIn: ["safeatomic"],
  },
  "safeatomic-has-temporaries-of-its-own": {
    crate:
      "the temporary is the target's name with the extension `tmp`: somebody's file of that name is lost, a link followed",
    ours: "a name nobody else has, opened exclusively",
    reason: "writing one file must not destroy another",
    seenIn: ["safeatomic", "quirks"],
  },
  "safeatomic-leaves-nothing-behind": {
    crate: "after a failure the temporary stays",
    ours: "it is removed",
    reason: "half a file is worth nothing, and the next call would trip over it",
    seenIn: ["safeatomic"],
  },
  "safeatomic-takes-bare-names": {
    crate: "a bare file name is written or renamed, then reported as a failure",
    ours: "it works",
    reason: "the directory to sync is the current one",
    seenIn: ["safeatomic", "quirks"],
  },
  "safeatomic-write-once-makes-no-parents": {
    crate: "`write_once` makes missing directories, as `write_once_with_parents` does",
    ours: "`writeOnce` refuses; `writeOnceWithParents` makes them, durably",
    reason: "one function for each",
    seenIn: ["safeatomic"],
  },
  "safeatomic-write-once-has-one-winner": {
    crate: "of two callers at the same time both may be told that they made the file",
    ours: "exactly one is, by a hard link",
    reason: "that is what the function is for",
    seenIn: ["safeatomic"],
  },
  "safeatomic-fsync-dir-wants-a-directory": {
    crate: "`fsync_dir` of a file syncs the file",
    ours: "refused, `ERR_DATAWAL_NOT_A_DIRECTORY`",
    reason: "a caller who believes a directory synced would be wrong",
    seenIn: ["safeatomic"],
  },
} as const satisfies Record<string, Deviation>;

export type DeviationId = keyof typeof list;

export const DEVIATIONS: Readonly<Record<DeviationId, Deviation>> = list;
