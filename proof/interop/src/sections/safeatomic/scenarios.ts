import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DeviationId } from "../../differences/deviations.js";

/** The six functions, as both sides offer them. */
export type Call =
  | {
      name: "writeAtomic" | "writeOnce" | "writeOnceWithParents" | "writeAppendFsync";
      path: string;
      data: Uint8Array;
    }
  | { name: "renameAtomic"; path: string; to: string }
  | { name: "fsyncDir"; path: string };

export interface Scenario {
  what: string;
  /** Prepares the directory that both find. */
  prepare(dir: string): void;
  call: Call;
  /** Whether the paths are given relative to the directory, in which both then are. */
  isRelative?: boolean;
  /** How the outcomes differ; absent where they must be the same. */
  differs?: DeviationId;
}

const DATA = Buffer.from("new content\n");
const nothing = (): void => undefined;

function file(name: string, mode = 0o644): (dir: string) => void {
  return (dir) => writeFileSync(join(dir, name), "old content\n", { mode });
}

function link(name: string, target: string): (dir: string) => void {
  return (dir) => symlinkSync(target, join(dir, name));
}

function directory(name: string): (dir: string) => void {
  return (dir) => void mkdirSync(join(dir, name), { recursive: true });
}

function both(...steps: ((dir: string) => void)[]): (dir: string) => void {
  return (dir) => {
    for (const step of steps) step(dir);
  };
}

function write(name: "writeAtomic" | "writeOnce" | "writeOnceWithParents" | "writeAppendFsync") {
  return (path: string, data: Uint8Array = DATA): Call => ({ name, path, data });
}

const writeAtomic = write("writeAtomic");
const writeOnce = write("writeOnce");
const writeOnceWithParents = write("writeOnceWithParents");
const writeAppendFsync = write("writeAppendFsync");
const renameAtomic = (path: string, to: string): Call => ({ name: "renameAtomic", path, to });
const fsyncDir = (path: string): Call => ({ name: "fsyncDir", path });

const LONG = new Uint8Array(3 << 20).fill(0x5a);

export const SCENARIOS: readonly Scenario[] = [
  { what: "a new file", prepare: nothing, call: writeAtomic("a.json") },
  { what: "a new file, empty", prepare: nothing, call: writeAtomic("a.json", new Uint8Array(0)) },
  { what: "a new file, 3 MiB", prepare: nothing, call: writeAtomic("a.json", LONG) },
  { what: "a new file without extension", prepare: nothing, call: writeAtomic("noext") },
  { what: "a new hidden file", prepare: nothing, call: writeAtomic(".hidden") },
  { what: "a file whose name ends in .tmp", prepare: file("a.tmp"), call: writeAtomic("a.tmp") },
  { what: "an existing file", prepare: file("a.json"), call: writeAtomic("a.json") },
  { what: "its directory is missing", prepare: nothing, call: writeAtomic("no/a.json") },
  { what: "its directory is a file", prepare: file("no"), call: writeAtomic("no/a.json") },
  {
    what: "an existing file of mode 0600",
    prepare: file("a.json", 0o600),
    call: writeAtomic("a.json"),
    differs: "safeatomic-keeps-the-mode",
  },
  {
    what: "a link to a file",
    prepare: both(file("real.json"), link("a.json", "real.json")),
    call: writeAtomic("a.json"),
    differs: "safeatomic-writes-through-links",
  },
  {
    what: "a link that leads nowhere",
    prepare: link("a.json", "missing.json"),
    call: writeAtomic("a.json"),
    differs: "safeatomic-writes-through-links",
  },
  {
    what: "somebody's a.tmp beside a.json",
    prepare: file("a.tmp"),
    call: writeAtomic("a.json"),
    differs: "safeatomic-has-temporaries-of-its-own",
  },
  {
    what: "a link a.tmp to somebody's file",
    prepare: both(file("precious"), link("a.tmp", "precious")),
    call: writeAtomic("a.json"),
    differs: "safeatomic-has-temporaries-of-its-own",
  },
  {
    what: "the target is a directory",
    prepare: directory("a.json"),
    call: writeAtomic("a.json"),
    differs: "safeatomic-leaves-nothing-behind",
  },
  {
    what: "a bare name",
    prepare: nothing,
    call: writeAtomic("a.json"),
    isRelative: true,
    differs: "safeatomic-takes-bare-names",
  },
  { what: "a relative path", prepare: directory("sub"), call: writeAtomic("sub/a.json"), isRelative: true },
  { what: "a new file", prepare: nothing, call: writeOnce("a.json") },
  { what: "an existing file", prepare: file("a.json"), call: writeOnce("a.json") },
  { what: "a directory has the name", prepare: directory("a.json"), call: writeOnce("a.json") },
  {
    what: "a link to a file has the name",
    prepare: both(file("real.json"), link("a.json", "real.json")),
    call: writeOnce("a.json"),
  },
  {
    what: "a link that leads nowhere has the name",
    prepare: link("a.json", "missing.json"),
    call: writeOnce("a.json"),
    differs: "safeatomic-writes-through-links",
  },
  {
    what: "its directories are missing",
    prepare: nothing,
    call: writeOnce("x/y/a.json"),
    differs: "safeatomic-write-once-makes-no-parents",
  },
  {
    what: "somebody's a.tmp beside a.json",
    prepare: file("a.tmp"),
    call: writeOnce("a.json"),
    differs: "safeatomic-has-temporaries-of-its-own",
  },
  { what: "a bare name that exists", prepare: file("a.json"), call: writeOnce("a.json"), isRelative: true },
  {
    what: "a bare name",
    prepare: nothing,
    call: writeOnce("a.json"),
    isRelative: true,
    differs: "safeatomic-takes-bare-names",
  },
  { what: "its directories are missing", prepare: nothing, call: writeOnceWithParents("x/y/a.json") },
  { what: "its directories are there", prepare: directory("x/y"), call: writeOnceWithParents("x/y/a.json") },
  { what: "an existing file", prepare: file("a.json"), call: writeOnceWithParents("a.json") },
  { what: "a parent is a file", prepare: file("x"), call: writeOnceWithParents("x/y/a.json") },
  { what: "a new file", prepare: nothing, call: writeAppendFsync("log.txt") },
  { what: "an existing file", prepare: file("log.txt", 0o600), call: writeAppendFsync("log.txt") },
  {
    what: "nothing to append",
    prepare: file("log.txt"),
    call: writeAppendFsync("log.txt", new Uint8Array(0)),
  },
  { what: "3 MiB", prepare: file("log.txt"), call: writeAppendFsync("log.txt", LONG) },
  {
    what: "a link to a file",
    prepare: both(file("real.txt"), link("log.txt", "real.txt")),
    call: writeAppendFsync("log.txt"),
  },
  {
    what: "a link that leads nowhere",
    prepare: link("log.txt", "missing.txt"),
    call: writeAppendFsync("log.txt"),
    differs: "safeatomic-writes-through-links",
  },
  { what: "its directory is missing", prepare: nothing, call: writeAppendFsync("no/log.txt") },
  { what: "a directory has the name", prepare: directory("log.txt"), call: writeAppendFsync("log.txt") },
  { what: "a bare name", prepare: nothing, call: writeAppendFsync("log.txt"), isRelative: true },
  { what: "a file", prepare: file("a"), call: renameAtomic("a", "b") },
  { what: "over a file", prepare: both(file("a"), file("b", 0o600)), call: renameAtomic("a", "b") },
  {
    what: "into another directory",
    prepare: both(file("a"), directory("sub")),
    call: renameAtomic("a", "sub/b"),
  },
  { what: "a directory", prepare: directory("a/inner"), call: renameAtomic("a", "b") },
  {
    what: "a directory onto one that is not empty",
    prepare: both(directory("a"), directory("b/inner")),
    call: renameAtomic("a", "b"),
  },
  { what: "a link", prepare: both(file("real"), link("a", "real")), call: renameAtomic("a", "b") },
  { what: "a missing file", prepare: nothing, call: renameAtomic("a", "b") },
  { what: "to a directory that is missing", prepare: file("a"), call: renameAtomic("a", "no/b") },
  {
    what: "bare names",
    prepare: file("a"),
    call: renameAtomic("a", "b"),
    isRelative: true,
    differs: "safeatomic-takes-bare-names",
  },
  { what: "a directory", prepare: directory("sub"), call: fsyncDir("sub") },
  { what: "a link to a directory", prepare: both(directory("sub"), link("l", "sub")), call: fsyncDir("l") },
  { what: "a missing directory", prepare: nothing, call: fsyncDir("no") },
  {
    what: "a file",
    prepare: file("a"),
    call: fsyncDir("a"),
    differs: "safeatomic-fsync-dir-wants-a-directory",
  },
];
