import {
  appendFileSync,
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

/**
 * What a file system does with one sequence of calls when the power is cut right behind it and its disk loses all
 * that was not flushed.
 */
export interface SyncFact {
  /** The calls, where all that came before is durable. */
  calls: string;
  act(directory: string): void;
  /** What is left, in one word or two. */
  look(directory: string): string;
  /** What must be left, where the product relies on it. */
  must?: string;
}

const GONE = "gone";

/** Files are told by what they hold: `old`, which was durable before, `new`, nothing, or no file at all. */
const OLD = "old";
const NEW = "new!";

export const SYNC_FACTS: readonly SyncFact[] = [
  {
    calls: "create f, append, fsync f, fsync its directory",
    act: (directory) => {
      writeSynced(join(directory, "f"), NEW);
      syncDirectory(directory);
    },
    look: (directory) => contents(directory, "f"),
    must: NEW,
  },
  {
    calls: "create f, append, fsync f",
    act: (directory) => writeSynced(join(directory, "f"), NEW),
    look: (directory) => contents(directory, "f"),
  },
  {
    calls: "create f, append, fdatasync f",
    act: (directory) => writeSynced(join(directory, "f"), NEW, fdatasyncSync),
    look: (directory) => contents(directory, "f"),
  },
  {
    calls: "make a and a/b, create a/b/f, append, fsync f",
    act: (directory) => {
      mkdirSync(join(directory, "a/b"), { recursive: true });
      writeSynced(join(directory, "a/b/f"), NEW);
    },
    look: (directory) => contents(directory, "a/b/f"),
  },
  {
    calls: "make a",
    act: (directory) => mkdirSync(join(directory, "a")),
    look: (directory) => (existsSync(join(directory, "a")) ? "a directory" : GONE),
  },
  {
    calls: "append to f, fdatasync f",
    act: (directory) => {
      writeOld(directory, "f");
      appendFileSync(join(directory, "f"), NEW);
      syncFile(join(directory, "f"), fdatasyncSync);
    },
    look: (directory) => contents(directory, "f"),
  },
  {
    calls: "write t, fsync t, rename t to f, fsync the directory",
    act: (directory) => {
      writeOld(directory, "f");
      writeSynced(join(directory, "t"), NEW);
      renameSync(join(directory, "t"), join(directory, "f"));
      syncDirectory(directory);
    },
    look: (directory) => contents(directory, "f"),
    must: NEW,
  },
  {
    calls: "write t, fsync t, rename t to f",
    act: (directory) => {
      writeOld(directory, "f");
      writeSynced(join(directory, "t"), NEW);
      renameSync(join(directory, "t"), join(directory, "f"));
    },
    look: (directory) => contents(directory, "f"),
  },
  {
    calls: "write t, rename t to f, fsync the directory",
    act: (directory) => {
      writeOld(directory, "f");
      writeFileSync(join(directory, "t"), NEW);
      renameSync(join(directory, "t"), join(directory, "f"));
      syncDirectory(directory);
    },
    look: (directory) => contents(directory, "f"),
  },
  {
    calls: "write t, fsync t, link t as f",
    act: (directory) => {
      writeSynced(join(directory, "t"), NEW);
      linkSync(join(directory, "t"), join(directory, "f"));
    },
    look: (directory) => contents(directory, "f"),
  },
  {
    calls: "remove f, fsync the directory",
    act: (directory) => {
      writeOld(directory, "f");
      unlinkSync(join(directory, "f"));
      syncDirectory(directory);
    },
    look: (directory) => contents(directory, "f"),
    must: GONE,
  },
  {
    calls: "remove f",
    act: (directory) => {
      writeOld(directory, "f");
      unlinkSync(join(directory, "f"));
    },
    look: (directory) => contents(directory, "f"),
  },
  {
    calls: "truncate f to 0, append, fsync f",
    act: (directory) => {
      writeOld(directory, "f");
      truncateSync(join(directory, "f"), 0);
      appendFileSync(join(directory, "f"), NEW);
      syncFile(join(directory, "f"), fsyncSync);
    },
    look: (directory) => contents(directory, "f"),
    must: NEW,
  },
  {
    calls: "truncate f to 0",
    act: (directory) => {
      writeOld(directory, "f");
      truncateSync(join(directory, "f"), 0);
    },
    look: (directory) => contents(directory, "f"),
  },
];

function contents(directory: string, name: string): string {
  const path = join(directory, name);
  if (!existsSync(path)) return GONE;
  return readFileSync(path, "latin1").replaceAll("\0", "0") || "empty";
}

/** A file that is durable, its name included. */
function writeOld(directory: string, name: string): void {
  writeSynced(join(directory, name), OLD);
  syncDirectory(directory);
}

function writeSynced(path: string, text: string, sync = fsyncSync): void {
  writeFileSync(path, text);
  syncFile(path, sync);
}

function syncFile(path: string, sync: (descriptor: number) => void): void {
  const descriptor = openSync(path, "r+");
  try {
    sync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

export function syncDirectory(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
