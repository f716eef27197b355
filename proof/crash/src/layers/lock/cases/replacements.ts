import { appendFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isUntouched } from "@datawal/oracle";
import { RecordLog } from "@datawal/record-log";
import { type FileSystem, nodeFileSystem } from "@datawal/safeatomic";
import { DataWal, replaceStoreSync } from "datawal";
import type { Command } from "../answer.js";
import { type Bench, demand, holds, type LockCase, refusedWith, succeeded } from "../lock-case.js";

/** How the lock is taken from under its holder: behind each of these another process can hold the store, too. */
const REPLACEMENTS: Readonly<Record<string, (store: string) => void>> = {
  "lock file replaced": (store) => {
    rmSync(join(store, ".lock"));
    RecordLog.openSync(store).closeSync();
  },
  "lock file removed": (store) => rmSync(join(store, ".lock")),
  "directory replaced": (store) => {
    renameSync(store, `${store}-moved`);
    mkdirSync(store);
    RecordLog.openSync(store).closeSync();
  },
  "directory moved": (store) => renameSync(store, `${store}-moved`),
};

/** What a holder does next that must find out. */
const OPERATIONS: Readonly<Record<string, Command>> = {
  rotate: { do: "rotate", handle: "held" },
  drop: { do: "drop", handle: "held", before: 2 },
  compaction: { do: "compact", handle: "held" },
};

/** What an open, or a swap, does behind the moment at which it has the lock. */
const MOMENTS: Readonly<Record<string, (bench: Bench) => number>> = {
  "repair of a torn tail": (bench) =>
    duringRepair(bench, (store) => appendFileSync(join(store, SEGMENT), "DWAL")),
  "end of an interrupted repair": (bench) =>
    duringRepair(bench, (store) => appendFileSync(join(store, "00000001.tail"), "journal")),
  "swap, of the store": (bench) => duringSwap(bench, "store"),
  "swap, of the replacement": (bench) => duringSwap(bench, "copy"),
};

const SEGMENT = "00000001.dwal";

export const REPLACED: readonly LockCase[] = [
  ...Object.keys(REPLACEMENTS).flatMap((how) =>
    Object.keys(OPERATIONS).map((operation) => ({
      name: `${how}/before ${operation}`,
      rungs: ["fs-ext" as const],
      run: (bench: Bench) => duringWork(bench, how, operation),
    })),
  ),
  ...Object.entries(MOMENTS).map(([when, run]) => ({
    name: `lock file replaced/before ${when}`,
    rungs: [],
    run,
  })),
];

/** A holder whose lock is no longer the store's makes and removes no file. */
async function duringWork(bench: Bench, how: string, operation: string): Promise<number> {
  const store = bench.newStorePath();
  await using holder = bench.start("fs-ext");
  succeeded(await holder.ask({ do: "open", handle: "held", store, hasPairs: operation === "compaction" }));
  succeeded(await holder.ask({ do: "append", handle: "held" }));
  succeeded(await holder.ask({ do: "rotate", handle: "held" }));
  succeeded(await holder.ask({ do: "append", handle: "held" }));
  REPLACEMENTS[how]!(store);
  const names = () => ["", "-moved"].flatMap((suffix) => namesIn(`${store}${suffix}`));
  const before = names();
  refusedWith(await holder.ask(OPERATIONS[operation]!), "ERR_DATAWAL_REPLACED");
  demand(names().join() === before.join(), "no file made or removed", `${before} became ${names()}`);
  const closed = await holder.ask({ do: "close", handle: "held" });
  // What was appended is no longer where it was appended to, which is told.
  if (how.startsWith("directory")) refusedWith(closed, "ERR_DATAWAL_SEGMENT_CHANGED");
  else succeeded(closed);
  return 1;
}

/** An open that finds its lock replaced repairs nothing. */
function duringRepair(bench: Bench, damage: (store: string) => void): number {
  const store = bench.newStore(1);
  damage(store);
  const before = segmentsIn(store);
  const fileSystem = replacingAt("list", store, () => rmSync(join(store, ".lock")));
  demandReplaced(() => RecordLog.openSync(store, { fileSystem }));
  isUntouched(before, segmentsIn(store));
  return 1;
}

/** A swap that finds one of its locks replaced renames nothing. */
function duringSwap(bench: Bench, which: "store" | "copy"): number {
  const store = bench.newStore(1);
  const copy = `${store}-copy`;
  {
    using source = DataWal.openSync(store);
    source.compactToSync(copy);
  }
  const replaced = which === "store" ? store : copy;
  const fileSystem = replacingAt("list", copy, () => rmSync(join(replaced, ".lock")));
  demandReplaced(() => replaceStoreSync(store, copy, { fileSystem, force: true }));
  holds(store, 1);
  demand(namesIn(copy).includes(SEGMENT), "both stores as they were", `the copy holds ${namesIn(copy)}`);
  return 1;
}

/** The real disk, on which something happens when a directory is first listed. */
function replacingAt(call: "list", directory: string, replace: () => void): FileSystem {
  let isDone = false;
  return {
    ...nodeFileSystem,
    [call](path: string) {
      if (path === directory && !isDone) {
        isDone = true;
        replace();
      }
      return nodeFileSystem[call](path);
    },
  };
}

function demandReplaced(work: () => unknown): void {
  let found = "it succeeded";
  try {
    work();
  } catch (error) {
    found = error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
  demand(found === "ERR_DATAWAL_REPLACED", "refused with ERR_DATAWAL_REPLACED", found);
}

function namesIn(directory: string): string[] {
  return nodeFileSystem.stat(directory) ? readdirSync(directory).sort() : [];
}

function segmentsIn(store: string): Record<string, Uint8Array> {
  const names = namesIn(store).filter((name) => name !== ".lock");
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(store, name))]));
}
