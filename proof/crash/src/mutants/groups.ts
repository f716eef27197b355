import type { Mutant } from "./run-mutant.js";

const LOG_WRITER = "packages/record-log/src/write/log-writer.ts";
const GROUP = "packages/record-log/src/inspect/group.ts";
const INSPECTION = "packages/record-log/src/inspect/inspection.ts";
const LOG_VIEW = "packages/record-log/src/read/log-view.ts";
const DATA_WAL = "packages/datawal/src/data-wal.ts";
const COMPACT = "packages/datawal/src/compact/compact.ts";

/** Groups, without one of their rules (disk-rules R20). */
export const GROUP_MUTANTS: readonly Mutant[] = [
  {
    name: "head-written-last",
    what: "the head of a group is written behind its records",
    seenBy: "L1 groups",
    patches: [
      {
        file: LOG_WRITER,
        find: "    encodeGroupHeadInto(this.lastTxid + 1n, bytes, start, count, byteCount, crc);\n",
        replace:
          "    encodeGroupHeadInto(this.lastTxid + 1n, bytes, start, count, byteCount, crc);\n    const head = bytes.slice(start, start + len);\n    bytes.copyWithin(start, start + len, start + len + byteCount);\n    bytes.set(head, start + byteCount);\n",
      },
    ],
  },
  {
    name: "group-list-unchecked",
    what: "any frames behind a head are taken for its records",
    seenBy: "L1 groups",
    patches: [
      { file: GROUP, find: "ahead.cursor.storedCrc !== crcs[count]", replace: "ahead.cursor.storedCrc < 0" },
    ],
  },
  {
    name: "group-cut-at-the-record",
    what: "a log that ends within a group ends behind its last whole record, and not before its head",
    seenBy: "L1 groups",
    patches: [
      {
        file: INSPECTION,
        find: 'if (state === "cut") {',
        replace: 'if (state === "cut" && end === 0) {',
      },
    ],
  },
  {
    name: "group-across-a-rotation",
    what: "a rotation comes between the head of a group and its records",
    seenBy: "L1 groups",
    patches: [
      {
        file: LOG_WRITER,
        find: "      offset = active.appendPending();\n",
        replace:
          "      const rest = bytes.slice(start + groupHeadWireSize(this.#pending), start + pendingBytes);\n      if (count > this.#pending) {\n        this.#ring.end = start + groupHeadWireSize(this.#pending);\n        active.appendPending();\n        this.#segments.rotate();\n        const at = this.#ring.take(rest.length);\n        this.#ring.bytes.set(rest, at);\n      }\n      offset = this.#segments.active.appendPending();\n",
      },
    ],
  },
  {
    name: "reader-shows-a-part-of-a-group",
    what: "a reader shows the records of a group that is not whole",
    seenBy: "L1 groups",
    patches: [
      {
        file: LOG_VIEW,
        find: "this.#inspection.read(segment, isLast)",
        replace: "this.#inspection.read(segment, false)",
      },
    ],
  },
  {
    name: "key-directory-changed-before-the-group",
    what: "what a batch deletes is gone before the batch is written",
    seenBy: "L2 failing calls",
    seenIn: "store-batch",
    patches: [
      {
        file: DATA_WAL,
        find: "          add(RecordType.Delete, key, NO_BYTES);\n",
        replace:
          "          this.#store.projection.keydir.delete(key);\n          add(RecordType.Delete, key, NO_BYTES);\n",
      },
    ],
  },
  {
    name: "foreign-frames-behind-a-part-cut",
    what: "what another writer has put behind a part of a group is cut with it",
    seenBy: "L1 groups",
    patches: [
      {
        file: GROUP,
        find: "if (nextTxids.includes(reader.cursor.txid)) return reader.frameOffset;",
        replace: "",
      },
    ],
  },
  {
    name: "head-salvaged-alone",
    what: "salvage copies the head of a group whose records it has not",
    seenBy: "L1 groups",
    patches: [
      {
        file: GROUP,
        find: "(yield* compareGroup(reader, head, progress)).count < head.records",
        replace: "(yield* compareGroup(reader, head, progress)).count < 0",
      },
    ],
  },
  {
    name: "head-written-again",
    what: "a compaction writes the head of a group again as it does a tombstone",
    seenBy: "L1 compaction",
    patches: [
      {
        file: COMPACT,
        find: "const key = isHead ? NO_BYTES : record.key;",
        replace: "const { key } = record;",
      },
      { file: COMPACT, find: "!isHead && !place &&", replace: "!place &&" },
    ],
  },
];
