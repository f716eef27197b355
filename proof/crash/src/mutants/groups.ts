import type { Mutant } from "./run-mutant.js";

const FRAME_BATCH = "packages/record-log/src/write/frame-batch.ts";
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
      { file: FRAME_BATCH, find: ".copyWithin(len, 0, this.#byteCount);", replace: ";" },
      {
        file: FRAME_BATCH,
        find: "encodeCheckedInto(head, this.#memory.bytes, 0,",
        replace: "encodeCheckedInto(head, this.#memory.bytes, this.#byteCount,",
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
        find: "      active.appendFrames(bytes);\n",
        replace:
          "      const len = frames[0]!.offset;\n      active.appendFrames(bytes.subarray(0, len));\n      if (len > 0) this.#segments.rotate();\n      this.#segments.active.appendFrames(bytes.subarray(len));\n",
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
        find: "      keydir.draw(record.type, record.key, drawn);\n",
        replace:
          "      if (record.type === RecordType.Delete) keydir.delete(record.key);\n      keydir.draw(record.type, record.key, drawn);\n",
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
