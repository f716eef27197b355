/** A bug that the standard suite cannot see, why, and what sees it instead. */
export interface UnkilledMutant {
  name: string;
  what: string;
  why: string;
}

/** They were tried as mutants, and survived for a reason. */
export const UNKILLED_MUTANTS: readonly UnkilledMutant[] = [
  {
    name: "failed-append-does-not-poison",
    what: "a handle goes on appending behind a write that failed half way",
    why: "since the size of the segment is compared before a sync is answered (disk-rules R19), the next sync finds what the write has left and poisons in its stead: nothing behind it is ever acknowledged; that the append itself poisons is the matter of a test of the package: poison.test.ts",
  },
  {
    name: "success-behind-poison-believed",
    what: "a sync that succeeds after another one failed answers its callers",
    why: 'on the simulated disk, as on the kernels looked at, a sync that succeeds has written what it covers, so the answer is true; it is refused as no proof all the same, by a test of the package: group-commit.test.ts, "one in flight that succeeds later resolves nobody"',
  },
  {
    name: "replacement-not-synced",
    what: "a swap trusts a replacement whose bytes may not be durable",
    why: 'the suite swaps in what compactTo wrote, which is durable already; a copy that nobody synced is the matter of a test of the package: replace-store.test.ts, "syncs a replacement that somebody copied without syncing"',
  },
  {
    name: "note-read-after-listing",
    what: "a reader lists the segments, and then reads the note that a rotation has written since",
    why: 'the suite lets nobody write while a reader reads; it is the matter of a test of the package: note-of-readers.test.ts, "no alarm is false"',
  },
  {
    name: "journal-removal-not-synced",
    what: "the removal of a journal is not synced, by its repair or by the next open",
    why: "a journal that is back is compared with what stands behind it before it is applied (docs/decisions/0008), so nothing is lost; with that comparison taken out, too, it is killed as stale-journal-applied-again",
  },
  {
    name: "compacted-removal-not-synced",
    what: "the directory is not synced behind the removal of a compacted segment",
    why: "the sync of the next marker does the same, and the last removal may be undone: opening takes the segment out of the marker",
  },
  {
    name: "checkpoint-published-unsynced",
    what: "the checkpoint of the key directory gets its name before its bytes are synced",
    why: 'each of its blocks has a CRC, so that what a power cut leaves is passed over, and the log read; that no bit of it can change unseen is the matter of a test of the package: checkpoint.test.ts, "no bit of a checkpoint, and no byte of its length, can be changed unseen"',
  },
  {
    name: "checkpoint-bound-left-out",
    what: "one alone of size, change time, last frame, ids, marker and note is not asked of what a checkpoint covers",
    why: "each of them stands behind another one wherever the disk is honest; where it is not, or another hand was there, each has a test of the package that fails without it: checkpoint.test.ts",
  },
];
