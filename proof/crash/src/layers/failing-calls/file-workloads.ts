import type { Files } from "@datawal/oracle";
import {
  type FileOptions,
  fsyncDir,
  fsyncDirSync,
  renameAtomic,
  renameAtomicSync,
  writeAppendFsync,
  writeAppendFsyncSync,
  writeAtomic,
  writeAtomicSync,
  writeOnce,
  writeOnceSync,
  writeOnceWithParents,
  writeOnceWithParentsSync,
} from "@datawal/safeatomic";
import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { preparedOnce, writeFile } from "./disk-tree.js";
import { judgePublication, type Publication } from "./judge-publication.js";
import type { Workload } from "./workload.js";

/** A call of one of the six functions in its two forms, and what it makes of the files; text for bytes. */
interface FileOperation {
  name: string;
  before: Readonly<Record<string, string>>;
  after: Readonly<Record<string, string>>;
  between?: Readonly<Record<string, string>>;
  run: (options: FileOptions) => unknown;
  runSync: (options: FileOptions) => unknown;
}

const OLD = { "/d/file": "old" };
const NEW = "new content";

const OPERATIONS: FileOperation[] = [
  {
    name: "writeAtomic-over-a-file",
    before: OLD,
    after: { "/d/file": NEW },
    run: (options) => writeAtomic("/d/file", NEW, options),
    runSync: (options) => writeAtomicSync("/d/file", NEW, options),
  },
  {
    name: "writeAtomic",
    before: OLD,
    after: { ...OLD, "/d/new": NEW },
    run: (options) => writeAtomic("/d/new", NEW, options),
    runSync: (options) => writeAtomicSync("/d/new", NEW, options),
  },
  {
    name: "writeOnce",
    before: OLD,
    after: { ...OLD, "/d/new": NEW },
    run: (options) => writeOnce("/d/new", NEW, options),
    runSync: (options) => writeOnceSync("/d/new", NEW, options),
  },
  {
    name: "writeOnce-of-a-taken-name",
    before: OLD,
    after: OLD,
    run: (options) => writeOnce("/d/file", NEW, options),
    runSync: (options) => writeOnceSync("/d/file", NEW, options),
  },
  {
    name: "writeOnceWithParents",
    before: OLD,
    after: { ...OLD, "/d/e/f/new": NEW },
    run: (options) => writeOnceWithParents("/d/e/f/new", NEW, options),
    runSync: (options) => writeOnceWithParentsSync("/d/e/f/new", NEW, options),
  },
  {
    name: "writeAppendFsync",
    before: OLD,
    after: { "/d/file": `old${NEW}` },
    run: (options) => writeAppendFsync("/d/file", NEW, options),
    runSync: (options) => writeAppendFsyncSync("/d/file", NEW, options),
  },
  {
    name: "writeAppendFsync-to-a-new-file",
    before: OLD,
    after: { ...OLD, "/d/new": NEW },
    run: (options) => writeAppendFsync("/d/new", NEW, options),
    runSync: (options) => writeAppendFsyncSync("/d/new", NEW, options),
  },
  {
    name: "renameAtomic",
    before: { ...OLD, "/e/other": "other" },
    after: { "/e/other": "old" },
    between: { ...OLD, "/e/other": "old" },
    run: (options) => renameAtomic("/d/file", "/e/other", options),
    runSync: (options) => renameAtomicSync("/d/file", "/e/other", options),
  },
  {
    name: "renameAtomic-of-a-directory",
    before: OLD,
    after: { "/e/file": "old" },
    run: (options) => renameAtomic("/d", "/e", options),
    runSync: (options) => renameAtomicSync("/d", "/e", options),
  },
  {
    name: "fsyncDir",
    before: OLD,
    after: OLD,
    run: (options) => fsyncDir("/d", options),
    runSync: (options) => fsyncDirSync("/d", options),
  },
];

export const fileWorkloads: Workload[] = OPERATIONS.flatMap((operation) => [
  workload(operation.name, operation, operation.run),
  workload(`${operation.name}-sync`, operation, operation.runSync),
]);

function workload(
  name: string,
  { before, after, between }: FileOperation,
  run: (options: FileOptions) => unknown,
): Workload {
  const publication: Publication = {
    before: filesOf(before),
    after: filesOf(after),
    between: between && filesOf(between),
    isInPlace: name.startsWith("writeAppendFsync"),
  };
  return {
    name,
    takesSignal: true,
    prepare: preparedOnce(() => {
      const disk = createSimulatedDisk();
      for (const [path, text] of Object.entries(before)) writeFile(disk, path, text);
      return disk;
    }),
    start: (fileSystem) => ({
      operate: (signal) => run({ fileSystem, signal }),
      close: () => undefined,
      judge: (aftermath) => judgePublication(aftermath, publication),
    }),
  };
}

function filesOf(texts: Readonly<Record<string, string>>): Files {
  const entries = Object.entries(texts).map(
    ([path, text]) => [path, new TextEncoder().encode(text)] as const,
  );
  return Object.fromEntries(entries);
}
