import type { Patch } from "../laboratory/bundle.js";
import type { Mutant } from "./run-mutant.js";

const COMPACT = "packages/datawal/src/compact/compact.ts";
const REMOVE = "packages/record-log/src/write/remove-compacted.ts";
const MARKER = "packages/record-log/src/store/removed-segments.ts";
const RECOVER = "packages/record-log/src/repair/recover.ts";
const PINNED_STORE = "packages/record-log/src/store/pinned-store.ts";
const INSPECTION = "packages/record-log/src/inspect/inspection.ts";
const FOLLOW = "packages/record-log/src/read/follow.ts";
const SNAPSHOT = "packages/record-log/src/copy/snapshot-to.ts";
const READER = "packages/datawal/src/data-wal-reader.ts";

/** What layers with programs of their own plant into these, to see that they can fail. */
export function copiesNotSynced(): readonly Patch[] {
  return COMPACTION_MUTANTS.find(({ name }) => name === "copies-not-synced")!.patches;
}

/** Compaction in place, without one of its rules (disk-rules R17). */
export const COMPACTION_MUTANTS: readonly Mutant[] = [
  {
    name: "active-segment-not-sealed",
    what: "a compaction leaves the waste of the active segment",
    seenBy: "L1 compaction",
    patches: [{ file: COMPACT, find: "    yield* this.#sealWaste();\n", replace: "" }],
  },
  {
    name: "newest-victim-first",
    what: "segments are compacted from the newest on: a deletion is dropped before what it has deleted",
    seenBy: "L1 compaction",
    patches: [
      {
        file: COMPACT,
        find: "of log.segments.slice(0, -1)) {",
        replace: "of log.segments.slice(0, -1).reverse()) {",
      },
    ],
  },
  {
    name: "superseded-put-moved",
    what: "any Put of a live key is appended again, also one that was superseded",
    seenBy: "L1 compaction",
    patches: [
      {
        file: COMPACT,
        find: "place?.segment === segment && place.offset === offset) return",
        replace: "place && segment > 0 && offset >= 0) return",
      },
    ],
  },
  {
    name: "newest-record-not-moved",
    what: "the log's newest record goes with its segment, and txids begin again",
    seenBy: "L1 compaction",
    patches: [
      { file: COMPACT, find: "if (txid === log.lastTxid) return", replace: "if (txid === 0n) return" },
    ],
  },
  {
    name: "tombstone-dropped-behind-a-left-segment",
    what: "a deletion is dropped while what it has deleted may be in a segment that was left",
    seenBy: "L1 compaction",
    patches: [
      {
        file: COMPACT,
        find: "!isHead && !place && this.#result.left.length > 0;",
        replace: "!isHead && !place && this.#result.left.length < 0;",
      },
    ],
  },
  {
    name: "tombstone-of-a-live-key-moved",
    what: "a deletion is appended again behind the Put that came after it",
    seenBy: "L1 compaction",
    patches: [
      {
        file: COMPACT,
        find: "!isHead && !place && this.#result.left.length > 0;",
        replace: "!isHead && this.#result.left.length > 0;",
      },
    ],
  },
  {
    name: "users-between-look-and-append",
    what: "between the look whether a record is live and its append others may write",
    seenBy: "L1 compaction",
    patches: [
      {
        file: COMPACT,
        find: "        append(needed);",
        replace: "        yield this.#progress(end);\n        append(needed);",
      },
    ],
  },
  {
    name: "raw-record-removed",
    what: "a segment with a Raw record is compacted, and the record goes with it",
    seenBy: "L1 compaction",
    patches: [{ file: COMPACT, find: "if (rawBytes > 0) return", replace: "if (rawBytes < 0) return" }],
  },
  {
    name: "readers-not-waited-for",
    what: "a segment is removed while an export reads it",
    seenBy: "L1 compaction",
    patches: [
      { file: COMPACT, find: "    yield* this.#store.waitForReaders(this.#progress(0));\n", replace: "" },
    ],
  },
  {
    name: "removed-segment-still-counted",
    what: "what was removed counts as waste for ever",
    seenBy: "L1 compaction",
    patches: [
      {
        file: COMPACT,
        find: "if (!log.segments.includes(segment)) space",
        replace: "if (segment < 0) space",
      },
    ],
  },
  {
    name: "copies-not-synced",
    what: "a segment is removed before what was moved out of it is durable",
    seenBy: "L1 compaction",
    patches: [{ file: REMOVE, find: "  yield* fsyncFile(segments.commit);\n", replace: "" }],
  },
  {
    name: "marker-not-written",
    what: "no marker names what a compaction has removed",
    seenBy: "L1 compaction",
    patches: [{ file: REMOVE, find: "  yield* nameRemoved(segments, segment, requireOurs);\n", replace: "" }],
  },
  {
    name: "removed-before-it-is-named",
    what: "the marker names a segment only when that is gone",
    seenBy: "L1 compaction",
    patches: [
      {
        file: REMOVE,
        find: "  yield* nameRemoved(segments, segment, requireOurs);\n  requireOurs();\n  yield* removeSealed(segments, segment);\n",
        replace:
          "  yield* removeSealed(segments, segment);\n  yield* nameRemoved(segments, segment, requireOurs);\n",
      },
    ],
  },
  {
    name: "failed-marker-does-not-poison",
    what: "a handle goes on where the marker could not be written",
    seenBy: "L2 failing calls",
    seenIn: "store-compact",
    patches: [{ file: REMOVE, find: '    poison.latch("compaction marker failed", cause);\n', replace: "" }],
  },
  {
    name: "compaction-outlives-its-handle",
    what: "behind a wait a compaction does not ask whether the store was closed or poisoned meanwhile",
    seenBy: "L1 compaction",
    patches: [
      { file: REMOVE, find: "    require();\n    segments.lock.requireInPlace();\n", replace: "" },
      { file: REMOVE, find: "  segments.commit.requireUntouched();\n", replace: "" },
    ],
  },
  {
    name: "marker-not-pruned",
    what: "the marker goes on naming a segment whose removal a power cut has undone",
    seenBy: "L1 compaction",
    patches: [{ file: RECOVER, find: "      yield* this.#pruneMarker(listing.segments);\n", replace: "" }],
  },
  {
    name: "damaged-marker-believed",
    what: "a marker names what its bytes say, whatever its checksum",
    seenBy: "L0 bytes",
    seenIn: "marker",
    patches: [
      {
        file: MARKER,
        find: "  if (withChecksum(text.slice(0, -CHECKSUM_LEN), crc) !== text) return new RemovedSegments();\n",
        replace: "",
      },
      {
        file: MARKER,
        find: "return isSound && formatRemovedSegments(parsed, crc) === text ? parsed : new RemovedSegments();",
        replace: "return isSound ? parsed : new RemovedSegments();",
      },
    ],
  },
  {
    name: "note-of-the-marker-ignored",
    what: "open does not look what the marker says is synced, and cuts what was moved, to append it again",
    seenBy: "L1 compaction, two power cuts",
    seenIn: "pairs:empty,put-c,put-a,put-c,delete-a,batch,compact-30%+delete-b+seal+delete-a",
    patches: [
      {
        file: RECOVER,
        find: "const marked = readMarkedNote(this.#store);",
        replace: "const marked = [readMarkedNote(this.#store)].at(1);",
      },
    ],
  },
  {
    name: "named-hole-told",
    what: "a hole that a compaction has made is told as a missing segment",
    seenBy: "L1 compaction",
    patches: [
      {
        file: INSPECTION,
        find: "of removed.unnamed(expected, segment - 1)) {",
        replace: "of expected < segment ? ([[expected, segment - 1]] as const) : []) {",
      },
    ],
  },
  {
    name: "jump-over-a-named-hole-told",
    what: "a jump of txids over what a compaction has removed is told as a gap",
    seenBy: "L1 compaction",
    patches: [
      {
        file: INSPECTION,
        find: "if (jump && !(isHole && isNamed && jump.actual > jump.expected)) gaps.push(jump);",
        replace: "if (jump) gaps.push(jump);",
      },
    ],
  },
  {
    name: "any-hole-taken-for-a-compaction",
    what: "in a store that was compacted no missing segment is told",
    seenBy: "L1 compaction",
    patches: [
      {
        file: INSPECTION,
        find: "of removed.unnamed(expected, segment - 1)) {",
        replace: "of removed.ranges.length > 0 ? [] : removed.unnamed(expected, segment - 1)) {",
      },
    ],
  },
  {
    name: "listing-beside-a-compaction-believed",
    what: "a listing counts although a compaction went on while it was made",
    seenBy: "L7 readers",
    seenIn: "open beside compact in place",
    patches: [
      {
        file: PINNED_STORE,
        find: ") return { ...listing, removed };",
        replace: " || look > 0) return { ...listing, removed };",
      },
    ],
  },
  {
    name: "compacted-segment-is-an-error",
    what: "a reader fails where a compaction has removed the segment that it comes to",
    seenBy: "L7 readers",
    seenIn: "open beside compact in place",
    patches: [
      {
        file: PINNED_STORE,
        find: "const isNamed = found.removed.unnamed(segment, segment).length === 0;",
        replace: "const isNamed = segment < 0;",
      },
    ],
  },
  {
    name: "get-does-not-look-again",
    what: "a reader's get fails where a compaction has moved the value",
    seenBy: "L7 readers",
    seenIn: "get beside compact in place",
    patches: [
      {
        file: READER,
        find: "if (attempt === ATTEMPTS || !this.#isCompactedAway(all[values.length]!, error)) throw error;",
        replace: "if (attempt > 0) throw error;",
      },
    ],
  },
  {
    name: "follower-passed-and-not-told",
    what: "a follower goes on behind segments that a compaction has removed before it had read them",
    seenBy: "L7 readers",
    seenIn: "follow beside compact in place",
    patches: [
      {
        file: FOLLOW,
        find: "if (this.#hasMissed || isPassed || ",
        replace: "if (this.#hasMissed || ",
      },
      {
        file: FOLLOW,
        find: "if (last && view.removed.hasMore(removed, last.segment)) this.#nextTxid = last.txid + 1n;",
        replace: "",
      },
    ],
  },
  {
    name: "rest-of-a-followers-segment-passed",
    what: "a follower whose segment a compaction has removed takes it for read to its end",
    seenBy: "L7 readers",
    seenIn: "follow beside compact in place",
    patches: [
      {
        file: FOLLOW,
        find: "this.#hasMissed = this.#nextTxid !== undefined && this.#nextTxid !== txid;",
        replace: "this.#hasMissed = this.#nextTxid !== undefined && txid === 0n;",
      },
    ],
  },
  {
    name: "snapshot-without-marker",
    what: "a snapshot of a compacted store lacks the marker, and its holes are told as gaps",
    seenBy: "L7 readers",
    seenIn: "snapshotTo beside compact in place",
    patches: [
      {
        file: SNAPSHOT,
        find: "      yield* copyMarker(new Store(store, building), removed, inspection.segments);\n",
        replace: "",
      },
    ],
  },
];
