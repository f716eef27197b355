import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hasOpened } from "@datawal/oracle";
import { RecordLog } from "@datawal/record-log";
import { type Bench, demand, holds, type LockCase } from "../lock-case.js";

/** What may stand in a lock file that nobody holds. */
const STALE_TEXTS: Readonly<Record<string, string | Buffer>> = {
  nothing: "",
  "a process that is dead": "4194304\n",
  "this process": `${process.pid}\n`,
  "the first process": "1\n",
  "a line without an end": "12345",
  "a note with a wrong checksum": `1\nsynced 1 1 999999 1 deadbeef\n`,
  "a note that is cut short": "1\nsynced 1 1",
  "bytes that are no text": Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 73) % 256)),
  "a mebibyte": Buffer.alloc(1 << 20, "x"),
};

/** What may stand in its place. */
const NO_FILES: Readonly<Record<string, (path: string) => void>> = {
  "a directory": (path) => mkdirSync(path),
  "a link to a file": (path) => {
    writeFileSync(`${path}-elsewhere`, "");
    symlinkSync(`${path}-elsewhere`, path);
  },
  "a dangling link": (path) => symlinkSync(`${path}-nowhere`, path),
};

export const LOCK_FILES: readonly LockCase[] = [
  ...Object.entries(STALE_TEXTS).map(([what, text]) => ({
    name: `stale lock file/${what}`,
    rungs: [],
    run: (bench: Bench) => staleText(bench, text),
  })),
  ...Object.entries(NO_FILES).map(([what, put]) => ({
    name: `no lock file/${what}`,
    rungs: [],
    run: (bench: Bench) => noFile(bench, put),
  })),
];

/** The text of a lock file is for people: it keeps nobody out, and is replaced by the new holder's. */
function staleText(bench: Bench, text: string | Buffer): number {
  const store = bench.newStore();
  const path = join(store, ".lock");
  writeFileSync(path, text);
  {
    using log = open(store);
    const [owner] = readFileSync(path, "latin1").split("\n");
    demand(
      owner === String(process.pid),
      "the holder is named",
      `the lock file names ${owner?.slice(0, 40)}`,
    );
    log.append("appended");
  }
  holds(store, 2);
  return 1;
}

function open(store: string): RecordLog {
  try {
    return RecordLog.openSync(store);
  } catch (error) {
    hasOpened(error);
    throw error;
  }
}

/** No link is followed and nothing but a file is locked; the refusal has a code. */
function noFile(bench: Bench, put: (path: string) => void): number {
  const store = bench.newStore();
  const path = join(store, ".lock");
  rmSync(path);
  put(path);
  demandRefusal(store, /^ERR_DATAWAL_(NOT_A_FILE|STORE_IO)$/);
  rmSync(path, { recursive: true });
  holds(store, 1);
  return 1;
}

function demandRefusal(store: string, codes: RegExp): void {
  let found = "it opened";
  try {
    RecordLog.openSync(store).closeSync();
  } catch (error) {
    found = error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
  demand(codes.test(found), `refused with ${codes.source}`, found);
}
