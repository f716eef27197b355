import { spawn } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { RecordLog, RecordLogReader } from "@datawal/record-log";
import { type FileSystem, nodeFileSystem } from "@datawal/safeatomic";
import { DataWal, replaceStoreSync } from "datawal";
import type { Answer, Command } from "./answer.js";

type Told<Verb extends Command["do"]> = Extract<Command, { do: Verb }>;

/** Everything that a contender can do, on whichever thread. */
export class Contestant {
  readonly #handles = new Map<string, RecordLog | DataWal>();

  obey(command: Command): Answer {
    try {
      return this.#do(command);
    } catch (error) {
      return failure(error);
    }
  }

  #do(command: Command): Answer {
    switch (command.do) {
      case "open":
        return this.#open(command);
      case "append":
        return this.#append(command);
      case "rotate":
        this.#handle(command).rotateSync();
        return {};
      case "drop":
        (this.#handle(command) as RecordLog).dropSegmentsBeforeSync(command.before);
        return {};
      case "compact":
        (this.#handle(command) as DataWal).compactSync();
        return {};
      case "close":
        return this.#close(command);
      case "forget":
        return this.#forget(command);
      case "read":
        return read(command);
      case "contend":
        return contend(command);
      case "contend-compacting":
        return contendCompacting(command);
      case "contend-swapping":
        return contendSwapping(command);
      case "greet":
        return {};
      case "start-survivor":
        return startSurvivor();
      case "start-worker":
      case "together":
        throw new Error(`expected the program to ${command.do}`);
    }
  }

  #open({ handle, store, hasPairs, atNs, isLiar }: Told<"open">): Answer {
    if (atNs !== undefined) spinUntil(BigInt(atNs));
    const options = { fileSystem: fileSystemOf(isLiar) };
    const opened = hasPairs ? DataWal.openSync(store, options) : RecordLog.openSync(store, options);
    this.#handles.set(handle, opened);
    const txids = [...opened.scan()].map(({ txid }) => Number(txid));
    return opened instanceof RecordLog ? { means: opened.lock, txids } : { txids };
  }

  #append({ handle }: Told<"append">): Answer {
    const opened = this.#handle({ handle });
    if (opened instanceof RecordLog) return { txids: [Number(opened.append("appended").txid)] };
    opened.put("key", "appended");
    return {};
  }

  #close({ handle }: Told<"close">): Answer {
    const log = this.#handle({ handle });
    this.#handles.delete(handle);
    log.closeSync();
    return {};
  }

  #forget({ handle }: Told<"forget">): Answer {
    this.#handles.delete(handle);
    for (let count = 0; count < 3; count++) globalThis.gc!();
    return {};
  }

  #handle({ handle }: { handle: string }): RecordLog | DataWal {
    const opened = this.#handles.get(handle);
    if (!opened) throw new Error(`expected an open handle ${handle}`);
    return opened;
  }
}

/** A port whose lock keeps nobody out: a planted fault. */
const LIAR: FileSystem = {
  ...nodeFileSystem,
  lock(path) {
    // Without a file in its place, it would let nobody in.
    writeFileSync(path, "", { flag: "a" });
    const { identity } = nodeFileSystem.stat(path)!;
    return { state: "held", means: "none", note: "", identity, writeNote() {}, release() {} };
  },
};

function fileSystemOf(isLiar: boolean | undefined): FileSystem {
  return isLiar ? LIAR : nodeFileSystem;
}

/** Processes of one machine share this clock. */
function spinUntil(atNs: bigint): void {
  while (process.hrtime.bigint() < atNs);
}

function contend({ store, times, atNs }: Told<"contend">): Answer {
  spinUntil(BigInt(atNs));
  const txids: number[] = [];
  while (txids.length < times) {
    const txid = appendOnce(store);
    if (txid !== undefined) txids.push(txid);
    pause(txids.length % 3);
  }
  return { txids };
}

/** @returns Nothing where another holds the store. */
function appendOnce(store: string): number | undefined {
  try {
    using log = RecordLog.openSync(store);
    return Number(log.append("appended").txid);
  } catch (error) {
    if (failure(error).failed === "ERR_DATAWAL_LOCKED") return undefined;
    throw error;
  }
}

function contendCompacting({ store, key, times, atNs, isLiar }: Told<"contend-compacting">): Answer {
  spinUntil(BigInt(atNs));
  for (let count = 0; count < times; pause(count % 3))
    if (unlessTaken(() => putAndCompact(store, { key, count, isLiar }))) count++;
  return {};
}

/** @throws Error what this contender has put is not there */
function putAndCompact(
  store: string,
  { key, count, isLiar }: { key: string; count: number; isLiar: boolean | undefined },
): void {
  using db = DataWal.openSync(store, { fileSystem: fileSystemOf(isLiar) });
  const found = db.get(key)?.[0] ?? 0;
  if (found !== count) throw new Error(`expected ${count} as the value of ${key}, found ${found}`);
  db.put(key, Uint8Array.of(count + 1));
  db.compactSync();
}

function contendSwapping({ store, times, atNs }: Told<"contend-swapping">): Answer {
  spinUntil(BigInt(atNs));
  const copy = `${store}-copy`;
  for (let count = 0; count < times; pause(1)) {
    if (unlessTaken(() => swap(store, copy))) count++;
    rmSync(copy, { recursive: true, force: true });
  }
  return {};
}

function swap(store: string, copy: string): void {
  {
    using db = DataWal.openSync(store);
    db.compactToSync(copy);
  }
  replaceStoreSync(store, copy);
}

/** @returns Whether it was done; not where another has the store, is putting one in its place, or has put a pair. */
function unlessTaken(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (TAKEN.has(failure(error).failed ?? "")) return false;
    throw error;
  }
}

const TAKEN: ReadonlySet<string> = new Set([
  "ERR_DATAWAL_LOCKED",
  "ERR_DATAWAL_REPLACED",
  "ERR_DATAWAL_REPLACEMENT_DIFFERS",
  "ERR_DATAWAL_SWAP_UNFINISHED",
]);

/** Gives the others a turn. */
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function read({ store, times }: Told<"read">): Answer {
  let txids: number[] = [];
  for (let count = 0; count < times; count++) {
    nodeFileSystem.lockState(`${store}/.lock`);
    using reader = RecordLogReader.openSync(store);
    txids = [...reader.scan()].map(({ txid }) => Number(txid));
  }
  return { txids };
}

function startSurvivor(): Answer {
  const survivor = spawn(process.execPath, ["-e", "setTimeout(() => {}, 600_000)"], {
    detached: true,
    stdio: "ignore",
  });
  survivor.unref();
  return { pid: survivor.pid! };
}

function failure(error: unknown): Answer {
  if (!(error instanceof Error)) return { failed: typeof error, message: String(error) };
  const { code, owner, heldByThisProcess } = error as Error & {
    code?: string;
    owner?: string;
    heldByThisProcess?: boolean;
  };
  return {
    failed: code ?? error.name,
    message: error.message,
    ...(owner === undefined ? {} : { owner }),
    ...(heldByThisProcess === undefined ? {} : { heldByThisProcess }),
  };
}
