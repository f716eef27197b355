import type { Mutant } from "./run-mutant.js";

const RECOVER = "packages/record-log/src/repair/recover.ts";
const JOURNAL = "packages/record-log/src/repair/tail-journal.ts";
const REPAIR = "packages/record-log/src/repair/tail-repair.ts";
const CLASSIFY = "packages/record-log/src/inspect/damage-table.ts";
const NOTE = "packages/record-log/src/store/sync-note.ts";
const BEYOND = "packages/record-log/src/inspect/search-beyond.ts";
const LOCK = "packages/record-log/src/store/directory-lock.ts";
const ROTATION = "packages/record-log/src/write/segment-rotation.ts";

/** What goes wrong between two lives of a store. */
export const RECOVERY_MUTANTS: readonly Mutant[] = [
  {
    name: "tail-not-repaired",
    what: "open leaves a damaged tail where it is and appends behind it",
    seenBy: "L1 one power cut",
    patches: [
      {
        file: RECOVER,
        find: "if (findings.damage || journal.byteCount > 0)",
        replace: "if (journal.byteCount > 0)",
      },
    ],
  },
  {
    name: "tail-truncated-without-sync",
    what: "a damaged tail is cut, and the cut not synced",
    seenBy: "L1 two power cuts",
    seenIn: "append-sector,delete,compact-to,repair,failing-fsync,snapshot",
    patches: [
      {
        file: JOURNAL,
        find: "if (again) runSync(copyRange(again, file));\n    yield* fsyncFile(file);",
        replace: "if (again) { runSync(copyRange(again, file)); yield* fsyncFile(file); }",
      },
    ],
  },
  {
    name: "rewritten-suffix-not-synced",
    what: "the journal is removed before the bytes it held are synced in their segment",
    seenBy: "L1 one power cut",
    patches: [
      {
        file: JOURNAL,
        find: "if (again) runSync(copyRange(again, file));\n    yield* fsyncFile(file);",
        replace: "if (again) runSync(copyRange(again, file)); else yield* fsyncFile(file);",
      },
    ],
  },
  {
    name: "doubtful-suffix-trusted",
    what: "after a failed sync, what the page cache shows is taken for durable",
    seenBy: "L1 one power cut",
    patches: [
      {
        file: RECOVER,
        find: "if (noted !== undefined) return { file, provenSize: noted };",
        replace: "if (noted !== undefined) return { file, provenSize: Number.POSITIVE_INFINITY };",
      },
      {
        file: RECOVER,
        find: "return { file, provenSize: noted ?? 0 };",
        replace: "return { file, provenSize: Number.POSITIVE_INFINITY };",
      },
    ],
  },
  {
    name: "open-sync-error-thrown",
    what: "open fails where its own sync is told of an earlier failure",
    seenBy: "L1 one power cut",
    patches: [
      {
        file: RECOVER,
        find: "const errno = errnoOf(error);\n        if (errno === undefined) throw error;",
        replace: 'const errno = errnoOf(error) ?? "";\n        if (errno !== "never") throw error;',
      },
    ],
  },
  {
    name: "open-sync-error-forgotten",
    what: "a failure that the kernel tells only once is not noted before the repair",
    seenBy: "L2 failing calls",
    seenIn: "openSync-of-a-note-with-a-flipped-size",
    patches: [
      {
        file: RECOVER,
        find: "if (noted === undefined) this.#writeNote(segment, { size: 0, identity });",
        replace: "",
      },
    ],
  },
  {
    name: "note-written-before-its-sync",
    what: "the note claims bytes whose sync is still running",
    seenBy: "L1 one power cut",
    patches: [
      {
        file: "packages/record-log/src/write/group-commit.ts",
        find: "const served = this.#takeWaiting();\n    const over",
        replace: "const served = this.#takeWaiting();\n    this.#onSynced(size);\n    const over",
      },
    ],
  },
  {
    name: "note-believed-for-another-file",
    what: "a note that speaks of another segment counts for this one",
    seenBy: "L2 failing calls",
    seenIn: "openSync-of-a-note-about-a-file-that-was-replaced",
    patches: [
      {
        file: NOTE,
        find: "return isSame ? note.size : undefined;",
        replace: "return isSame || note.size > 0 ? note.size : undefined;",
      },
    ],
  },
  {
    name: "answered-without-a-look-at-the-file",
    what: "a sync is answered though another program has put bytes between the records",
    seenBy: "L2 failing calls",
    seenIn: "log-fsync-behind-a-foreign-hand",
    patches: [
      {
        file: "packages/record-log/src/write/group-commit.ts",
        find: "this.#segment.requireUntouched();\n    this.#onSynced(size);",
        replace: "this.#onSynced(size);",
      },
    ],
  },
  {
    name: "note-believed-for-a-reused-inode",
    what: "a note that speaks of a file whose inode this one has got counts for it",
    seenBy: "L2 failing calls",
    seenIn: "openSync-of-a-note-about-a-file-whose-inode-was-given-to-this-one",
    patches: [
      {
        file: NOTE,
        find: "isSameFile({ identity: note.file }, { identity: fileNumbersOf(identity) })",
        replace: 'isSameFile({ identity: note.file.split(":")[0]! }, { identity: inodeOf(identity) })',
      },
    ],
  },
  {
    name: "linked-segment-written",
    what: "a segment that has another name, as a backup by hard links gives it, is appended to",
    seenBy: "L2 failing calls",
    seenIn: "openSync-of-a-store-with-a-backup-by-hard-links",
    patches: [
      {
        file: RECOVER,
        find: "if (isLinked(file)) active = yield* this.#beginBehind(file, listing.segments);",
        replace: "if (file.size < 0) active = yield* this.#beginBehind(file, listing.segments);",
      },
    ],
  },
  {
    name: "note-without-checksum",
    what: "a note is believed whatever its checksum says",
    seenBy: "L2 failing calls",
    seenIn: "openSync-of-a-note-with-a-flipped-size",
    patches: [
      {
        file: NOTE,
        find: "if (!match || checksum(match[1]!, crc) !== match[5]) return undefined;",
        replace: "if (!match || checksum(match[1]!, crc) === undefined) return undefined;",
      },
    ],
  },
  {
    name: "no-note-for-a-new-segment",
    what: "the note still speaks of the sealed segment when the first sync of the next one fails",
    seenBy: "L1 one power cut",
    seenIn: "append-small,rotate,evict,delete,fsync-sync-behind-failed-fsync",
    patches: [{ file: ROTATION, find: "this.#noteSynced(this.active, 0);", replace: "" }],
  },
  {
    name: "journal-from-a-second-read",
    what: "the suffix in doubt is journaled from the disk again, not from the memory it was verified in",
    seenBy: "L2 failing calls",
    seenIn: "openSync-of-an-unsynced-tail",
    patches: [
      {
        file: JOURNAL,
        find: "const bytes = reader.verifiedFrom(from);",
        replace:
          'const bytes = new Uint8Array(reader.nextOffset - from);\n    const again = this.#store.fileSystem.open(this.#store.path(this.#segment), "read");\n    again.readAt(bytes, 0, bytes.length, from);\n    again.close();',
      },
    ],
  },
  {
    name: "journal-not-synced",
    what: "the journal gets its name before its bytes are durable",
    seenBy: "L1 one power cut",
    patches: [
      {
        file: JOURNAL,
        find: "yield* fsyncFile(file);\n    file.close();\n    this.#store.fileSystem.rename",
        replace: "file.close();\n    this.#store.fileSystem.rename",
      },
    ],
  },
  {
    name: "journal-name-not-synced",
    what: "the segment is cut while the journal's name is not durable",
    seenBy: "L1 two power cuts",
    patches: [
      {
        file: JOURNAL,
        find: "this.#file = undefined;\n    yield* fsyncDirectorySteps(this.#store.fileSystem, this.#store.directory);",
        replace: "this.#file = undefined;",
      },
    ],
  },
  {
    name: "no-journal",
    what: "the suffix in doubt is cut and written again without a journal",
    seenBy: "L2 failing calls",
    seenIn: "openSync-of-a-note-with-a-flipped-size",
    patches: [
      {
        file: JOURNAL,
        find: "this.#store.fileSystem.rename(this.#temporaryPath, journalPath(this.#store, this.#segment));",
        replace:
          "this.#store.fileSystem.rename(this.#temporaryPath, journalPath(this.#store, this.#segment));\n    const path = this.#store.path(this.#segment);\n    yield* rewriteTail(this.#store.fileSystem, path, { ...this.#store.fileSystem.stat(path)!, size: this.#offset });",
      },
    ],
  },
  {
    name: "stale-journal-applied-again",
    what: "the removal of a journal is not synced, and one that is back is applied whatever stands behind it by then",
    seenBy: "L1 two power cuts",
    patches: [
      {
        file: JOURNAL,
        find: "fileSystem.removeFile(path);\n  yield* fsyncDirectorySteps(fileSystem, directory);",
        replace: "fileSystem.removeFile(path);",
      },
      {
        file: RECOVER,
        find: "const canSyncDirectory = yield* syncStoreDirectory(this.#fileSystem, directory);",
        replace: "const canSyncDirectory = true;",
      },
      {
        file: RECOVER,
        find: 'import { syncStoreDirectory } from "../store/store-directory.js";\n',
        replace: "",
      },
      {
        file: RECOVER,
        find: "yield* keepForeignTail(this.#store, segment, listing);",
        replace: "",
      },
      { file: RECOVER, find: 'import { keepForeignTail } from "./keep-foreign-tail.js";\n', replace: "" },
    ],
  },
  {
    name: "journal-not-applied",
    what: "open does not look for the journal of an interrupted repair",
    seenBy: "L2 failing calls",
    seenIn: "openSync-of-an-unsynced-tail",
    patches: [
      {
        file: RECOVER,
        find: "for (const segment of journals) {",
        replace: "for (const segment of journals.slice(9)) {",
      },
    ],
  },
  {
    name: "quarantine-written-after-the-cut",
    what: "a tail is cut before its copy is durable",
    seenBy: "L2 failing calls",
    patches: [
      {
        file: REPAIR,
        find: "    if (findings.damage) yield* keepTail(store, findings.damage, repair);\n",
        replace:
          "    if (findings.damage && journal.byteCount === 0) yield* rewriteTail(store.fileSystem, findings.path, { ...findings, size: findings.validEnd });\n    if (findings.damage) yield* keepTail(store, findings.damage, repair);\n",
      },
    ],
  },
  {
    name: "no-quarantine",
    what: "what is cut is not kept anywhere",
    seenBy: "L0 bytes",
    seenIn: "sector",
    patches: [
      {
        file: REPAIR,
        find: "    if (findings.damage) yield* keepTail(store, findings.damage, repair);\n",
        replace: "",
      },
    ],
  },
  {
    name: "hard-error-on-a-zero-tail",
    what: "a tail of zeros is refused like a foreign file",
    seenBy: "L1 one power cut",
    patches: [
      {
        file: CLASSIFY,
        find: "applies: (e) => e.offset === 0 && !e.hasPredecessor && !isZero(e.head) && !beginsAsFrame(e.head)",
        replace: "applies: (e) => isZero(e.head) || (e.offset === 0 && !beginsAsFrame(e.head))",
      },
    ],
  },
  {
    name: "lost-sector-taken-for-a-newer-version",
    what: "a header with a lost sector in it is refused as that of a newer writer",
    seenBy: "L0 bytes",
    seenIn: "lost-header-piece-of-a-short-frame",
    patches: [{ file: CLASSIFY, find: "&& e.frameFits && !hasLostSector(e)", replace: "&& e.frameFits" }],
  },
  {
    name: "nested-frames-believed",
    what: "the search behind damage believes frames that lie inside a payload",
    seenBy: "L0 bytes",
    seenIn: "nested-log-that-continues-the-outer-log-active",
    patches: [
      {
        file: BEYOND,
        find: "return (yield* this.#isNested(frame, damaged)) ? end : frame;",
        replace: "return (yield* this.#isNested(frame, damaged)) ? frame : frame;",
      },
    ],
  },
  {
    name: "lock-not-taken",
    what: "two writers may have a store open at once",
    seenBy: "L2 failing calls",
    seenIn: "second-open",
    patches: [
      {
        file: LOCK,
        find: "if (!refused.releasing || refused.releasing === awaited) throw lockedError(path, refused);",
        replace:
          'if (refused.owner !== "nobody") return { state: "held", means: "none", note: "", identity: fileSystem.stat(path)!.identity, writeNote: () => {}, release: () => {} };',
      },
    ],
  },
];
