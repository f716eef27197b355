import type { Mutant } from "./run-mutant.js";

const RECOVER = "packages/record-log/src/repair/recover.ts";
const ROTATION = "packages/record-log/src/write/segment-rotation.ts";
const DIRECTORIES = "packages/safeatomic/src/durable-directory.ts";
const STORE_DIRECTORY = "packages/record-log/src/store/store-directory.ts";
const DROP = "packages/record-log/src/write/drop-segments.ts";

/** Names that are not made durable, or in the wrong order. */
export const NAME_MUTANTS: readonly Mutant[] = [
  {
    name: "no-directory-sync",
    what: "no directory is ever synced",
    seenBy: "L1 one power cut",
    patches: [
      {
        file: "packages/safeatomic/src/fsync-directory.ts",
        find: 'yield* waitFor(\n      () => fileSystem.fsyncDirectory(path),\n      () => fileSystem.fsyncDirectorySync(path),\n    );\n    return "synced";',
        replace: 'return "synced";',
      },
    ],
  },
  {
    name: "no-directory-sync-at-rotation",
    what: "the name of a new segment is not synced",
    seenBy: "L1 one power cut",
    patches: [{ file: ROTATION, find: "runSync(fsyncDirectorySteps(fileSystem, directory));", replace: "" }],
  },
  {
    name: "no-directory-sync-for-the-first-segment",
    what: "the name of the first segment is not synced",
    seenBy: "L1 one power cut",
    patches: [
      {
        file: RECOVER,
        find: "yield* fsyncDirectorySteps(this.#fileSystem, this.#store.directory);\n    return created;",
        replace: "return created;",
      },
    ],
  },
  {
    name: "new-store-not-synced-into-its-parent",
    what: "the name of a new store directory is not synced into its parent",
    seenBy: "L1 one power cut",
    patches: [
      {
        file: DIRECTORIES,
        find: "yield* fsyncDirectorySteps(fileSystem, fileSystem.realPath(parent));",
        replace: "",
      },
      {
        file: STORE_DIRECTORY,
        find: "yield* makeDurableDirectory(fileSystem, directory);\n  return",
        replace: "return",
      },
    ],
  },
  {
    name: "names-synced-only-if-made-by-this-process",
    what: "open does not sync names that a killed process may have left unsynced",
    seenBy: "L2 failing calls",
    seenIn: "log-dropSegmentsBefore",
    patches: [
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
    ],
  },
  {
    name: "no-sync-of-the-active-segment-at-open",
    what: "open does not sync bytes that a killed process left unsynced",
    seenBy: "L1 one power cut",
    patches: [{ file: RECOVER, find: "        yield* fsyncFile(opened);\n", replace: "" }],
  },
  {
    name: "dropped-head-not-synced",
    what: "segments are dropped without a sync of the directory in between",
    seenBy: "L1 one power cut",
    patches: [{ file: DROP, find: "yield* fsyncDirectorySteps(fileSystem, directory);\n", replace: "" }],
  },
  {
    name: "head-dropped-before-the-rest-is-synced",
    what: "segments are dropped while the record that stays is not durable",
    seenBy: "L1 one power cut",
    patches: [{ file: DROP, find: "    yield* fsyncFile(segments.commit);\n", replace: "" }],
  },
];
