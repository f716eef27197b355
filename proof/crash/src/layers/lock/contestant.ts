import { spawn } from "node:child_process";
import { RecordLog, RecordLogReader } from "@datawal/record-log";
import { type FileSystem, nodeFileSystem } from "@datawal/safeatomic";
import type { Answer, Command } from "./answer.js";

type Told<Verb extends Command["do"]> = Extract<Command, { do: Verb }>;

/** Everything that a contender can do, on whichever thread. */
export class Contestant {
  readonly #handles = new Map<string, RecordLog>();

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
        return { txids: [Number(this.#handle(command).append("appended").txid)] };
      case "rotate":
        this.#handle(command).rotateSync();
        return {};
      case "drop":
        this.#handle(command).dropSegmentsBeforeSync(command.before);
        return {};
      case "close":
        return this.#close(command);
      case "forget":
        return this.#forget(command);
      case "read":
        return read(command);
      case "contend":
        return contend(command);
      case "greet":
        return {};
      case "start-survivor":
        return startSurvivor();
      case "start-worker":
      case "together":
        throw new Error(`expected the program to ${command.do}`);
    }
  }

  #open({ handle, store, atNs, isLiar }: Told<"open">): Answer {
    if (atNs !== undefined) spinUntil(BigInt(atNs));
    const log = RecordLog.openSync(store, { fileSystem: fileSystemOf(isLiar) });
    this.#handles.set(handle, log);
    return { means: log.lock, txids: [...log.scan()].map(({ txid }) => Number(txid)) };
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

  #handle({ handle }: { handle: string }): RecordLog {
    const log = this.#handles.get(handle);
    if (!log) throw new Error(`expected an open handle ${handle}`);
    return log;
  }
}

/** A port whose lock keeps nobody out: a planted fault. */
const LIAR: FileSystem = {
  ...nodeFileSystem,
  lock(path) {
    const { identity } = nodeFileSystem.stat(path) ?? { identity: "" };
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
