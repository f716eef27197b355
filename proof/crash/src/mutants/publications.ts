import type { Mutant } from "./run-mutant.js";

const PUBLISH = "packages/safeatomic/src/publish-file.ts";
const PUBLISH_DIRECTORY = "packages/record-log/src/copy/publish-directory.ts";
const SWAP = "packages/datawal/src/swap/store-swap.ts";

/** What is published before it is whole. */
export const PUBLICATION_MUTANTS: readonly Mutant[] = [
  {
    name: "published-before-its-sync",
    what: "a compacted store or an export gets its name before its bytes are durable",
    seenBy: "L1 one power cut",
    patches: [{ file: PUBLISH, find: "yield* fsyncFile(file);\n", replace: "" }],
  },
  {
    name: "publication-not-synced-into-its-directory",
    what: "a compacted store or an export is acknowledged before its name is durable",
    seenBy: "L1 one power cut",
    patches: [{ file: PUBLISH, find: "yield* fsyncDirectorySteps(fileSystem, dirname(path));", replace: "" }],
  },
  {
    name: "export-written-in-place",
    what: "an export is written under its own name",
    seenBy: "L2 failing calls",
    seenIn: "exportJsonl-overwriting",
    patches: [
      {
        file: "packages/datawal/src/jsonl/export.ts",
        find: "{ path, temporaryPath, replace: false }",
        replace: "{ path, temporaryPath: path, replace: temporaryPath !== undefined }",
      },
    ],
  },
  {
    name: "snapshot-files-not-synced",
    what: "the files of a snapshot are not synced before the directory gets its name",
    seenBy: "L1 one power cut",
    patches: [
      {
        file: PUBLISH_DIRECTORY,
        find: "const result = yield* write(file);\n    yield* fsyncFile(file);",
        replace: "const result = yield* write(file);",
      },
    ],
  },
  {
    name: "snapshot-not-synced-into-its-parent",
    what: "a snapshot is acknowledged before its name is durable",
    seenBy: "L1 one power cut",
    patches: [
      {
        file: PUBLISH_DIRECTORY,
        find: 'yield* afterChange(target, () => fsyncDirectorySteps(fileSystem, parent), "write it again elsewhere");',
        replace: "",
      },
    ],
  },
  {
    name: "old-store-removed-before-the-swap-is-durable",
    what: "a swap removes the old store before the new names are durable",
    seenBy: "L1 one power cut",
    patches: [
      {
        file: SWAP,
        find: "for (const parent of new Set([dirname(this.#store), dirname(this.#replacement)]))\n        yield* fsyncDirectorySteps(this.#fileSystem, parent);\n",
        replace: "",
      },
    ],
  },
  {
    name: "temporary-left-behind",
    what: "a publication that failed leaves its temporary",
    seenBy: "L2 failing calls",
    patches: [
      {
        file: PUBLISH,
        find: "if (!isWritten) discard(fileSystem, temporaryPath);",
        replace: "if (isWritten) discard(fileSystem, temporaryPath.concat('.gone'));",
      },
    ],
  },
  {
    name: "descriptor-leaked",
    what: "a file that could not be written stays open",
    seenBy: "L2 failing calls",
    patches: [
      {
        file: PUBLISH,
        find: "    return { result, identity };\n  } finally {\n    file.close();\n  }",
        replace: "    file.close();\n    return { result, identity };\n  } finally {\n  }",
      },
    ],
  },
];
