import type { Patch } from "../../../proof/crash/src/laboratory/bundle.js";

/** Which part of the product runs, and whose model it is followed through. */
export type TraceKind = "log" | "compaction" | "reader" | "sync";

/** A bug planted into the product, whose traces the model must reject. */
export interface CodeMutant {
  name: string;
  /** The traces that show it. */
  traces: TraceKind;
  patches: readonly Patch[];
}

const JOURNAL = "packages/record-log/src/repair/tail-journal.ts";
const COMMIT = "packages/record-log/src/write/group-commit.ts";
const ROTATION = "packages/record-log/src/write/segment-rotation.ts";
const REMOVAL = "packages/record-log/src/write/remove-compacted.ts";
const LISTING = "packages/record-log/src/store/pinned-store.ts";
const RECOVER = "packages/record-log/src/repair/recover.ts";

const PUBLISH = `    yield* fsyncFile(file);
    file.close();
    this.#store.fileSystem.rename(this.#temporaryPath, journalPath(this.#store, this.#segment));
`;

export const CODE_MUTANTS: readonly CodeMutant[] = [
  {
    name: "the journal gets its name before its sync",
    traces: "log",
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
    traces: "log",
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
    traces: "log",
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
    traces: "log",
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
    traces: "log",
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
    traces: "log",
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
    traces: "compaction",
    patches: [
      {
        file: REMOVAL,
        find: "  yield* nameRemoved(segments, segment, requireOurs);\n  requireOurs();\n  yield* removeSealed(segments, segment);\n",
        replace:
          "  yield* removeSealed(segments, segment);\n  yield* nameRemoved(segments, segment, requireOurs);\n",
      },
    ],
  },
  {
    name: "the marker gets its name before its sync",
    traces: "compaction",
    patches: [
      {
        file: "packages/safeatomic/src/publish-file.ts",
        find: "    yield* fsyncFile(file);\n",
        replace: "",
      },
    ],
  },
  {
    name: "a compacted segment is removed before the copies are synced",
    traces: "compaction",
    patches: [{ file: REMOVAL, find: "  yield* fsyncFile(segments.commit);\n", replace: "" }],
  },
  {
    name: "a caller is served by the sync in flight, whatever it covers",
    traces: "sync",
    patches: [
      {
        file: COMMIT,
        find: "      const waiters = this.#inFlight?.size === size ? this.#inFlight.served : this.#waiting;\n",
        replace: "      const waiters = this.#inFlight ? this.#inFlight.served : this.#waiting;\n",
      },
    ],
  },
  {
    name: "a sync that succeeds behind the failure of another serves its callers",
    traces: "sync",
    patches: [
      {
        file: COMMIT,
        find: "    if (this.#poison.isLatched) this.#refuse(waiters, this.#poison.error());\n    else for",
        replace: "    for",
      },
    ],
  },
  {
    name: "a reader trusts one listing",
    traces: "reader",
    patches: [{ file: LISTING, find: "      listing = this.#list();\n", replace: "" }],
  },
  {
    name: "a reader does not read the marker again behind its listing",
    traces: "reader",
    patches: [
      {
        file: LISTING,
        find: "      const listing = this.#listWhole(known, removed);\n",
        replace:
          "      const listing = this.#listWhole(known, removed);\n      if (look > 0) return { ...listing, removed };\n",
      },
    ],
  },
  {
    name: "a reader takes a file for the one it knows by device and inode number alone",
    traces: "reader",
    patches: [
      {
        file: "packages/safeatomic/src/same-file.ts",
        find: "  const [a, b] = [one.identity, other.identity];\n",
        replace:
          '  const [a, b] = [one, other].map(({ identity }) => identity.split(":").slice(0, 2).join()) as [string, string];\n',
      },
    ],
  },
];
