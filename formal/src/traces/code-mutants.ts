import type { Patch } from "../../../proof/crash/src/laboratory/bundle.js";

/** A bug planted into the product, whose traces the model must reject. */
export interface CodeMutant {
  name: string;
  patches: readonly Patch[];
}

const JOURNAL = "packages/record-log/src/repair/tail-journal.ts";
const COMMIT = "packages/record-log/src/write/group-commit.ts";
const ROTATION = "packages/record-log/src/write/segment-rotation.ts";
const REMOVAL = "packages/record-log/src/write/remove-compacted.ts";
const RECOVER = "packages/record-log/src/repair/recover.ts";

const PUBLISH = `    yield* fsyncFile(file);
    file.close();
    this.#store.fileSystem.rename(this.#temporaryPath, journalPath(this.#store, this.#segment));
`;

export const CODE_MUTANTS: readonly CodeMutant[] = [
  {
    name: "the journal gets its name before its sync",
    patches: [
      {
        file: JOURNAL,
        find: PUBLISH,
        replace: `    this.#store.fileSystem.rename(this.#temporaryPath, journalPath(this.#store, this.#segment));
    yield* fsyncFile(file);
    file.close();
`,
      },
    ],
  },
  {
    name: "the journal is removed before the segment is written again",
    patches: [
      {
        file: JOURNAL,
        find: "    const again = { file, path, offset: 0, byteCount };\n",
        replace:
          "    const again = { file, path, offset: 0, byteCount };\n    fileSystem.removeFile(path);\n",
      },
      {
        file: JOURNAL,
        find: "  fileSystem.removeFile(path);\n  yield* fsyncDirectorySteps(fileSystem, directory);\n  return rewritten;",
        replace: "  yield* fsyncDirectorySteps(fileSystem, directory);\n  return rewritten;",
      },
    ],
  },
  {
    name: "the note is written before the sync that it tells of",
    patches: [
      {
        file: COMMIT,
        find: "      this.#segment.second.fsyncSync();\n      this.#covered(size);\n",
        replace: "      this.#covered(size);\n      this.#segment.second.fsyncSync();\n",
      },
    ],
  },
  {
    name: "a cut is not synced",
    patches: [
      {
        file: JOURNAL,
        find: "    if (again) runSync(copyRange(again, file));\n    yield* fsyncFile(file);\n",
        replace: "    if (again) runSync(copyRange(again, file));\n    if (again) yield* fsyncFile(file);\n",
      },
    ],
  },
  {
    name: "a new segment is noted before the directory is synced",
    patches: [
      {
        file: ROTATION,
        find: "      runSync(fsyncDirectorySteps(fileSystem, directory));\n",
        replace: "",
      },
      {
        file: ROTATION,
        find: "      this.#noteSynced(this.active, 0);\n",
        replace:
          "      this.#noteSynced(this.active, 0);\n      runSync(fsyncDirectorySteps(fileSystem, directory));\n",
      },
    ],
  },
  {
    name: "an open looks for a journal before it syncs the directory",
    patches: [
      {
        file: RECOVER,
        find: "    const canSyncDirectory = yield* syncStoreDirectory(this.#fileSystem, directory);\n",
        replace: "    const canSyncDirectory = true;\n",
      },
    ],
  },
  {
    name: "a compacted segment is removed before the marker names it",
    patches: [
      {
        file: REMOVAL,
        find: "  yield* nameRemoved(segments, segment, requireOurs);\n  requireOurs();\n  yield* removeSealed(segments, segment);\n",
        replace:
          "  yield* removeSealed(segments, segment);\n  yield* nameRemoved(segments, segment, requireOurs);\n",
      },
    ],
  },
];
