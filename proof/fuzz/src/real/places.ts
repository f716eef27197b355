import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type DataWalUnderTest,
  dataWalReader,
  type LogPlace,
  type LogWriterUnderTest,
  recordLogReader,
  type StorePlace,
} from "@datawal/fuzz";
import { nodeFileSystem } from "@datawal/safeatomic";
import { replaceStore } from "datawal";

/** What a child is told to do, and what it answers. */
export interface Request {
  id: number;
  call: string;
  values: readonly unknown[];
  kind: "log" | "store";
  dir: string;
}

export interface Answer {
  id: number;
  value?: unknown;
  error?: string;
}

/** A child process that writes; it is started again behind each kill. */
class Writer {
  readonly #program: URL;
  readonly #kind: Request["kind"];
  readonly #dir: string;
  #child: ChildProcess | undefined;
  #calls = 0;
  readonly #waiting = new Map<number, (answer: Answer) => void>();

  constructor(program: URL, kind: Request["kind"], dir: string) {
    this.#program = program;
    this.#kind = kind;
    this.#dir = dir;
  }

  call(call: string, ...values: readonly unknown[]): Promise<unknown> {
    this.#child ??= this.#start();
    const id = ++this.#calls;
    const request: Request = { id, call, values, kind: this.#kind, dir: this.#dir };
    this.#child.send(request);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ value, error }) =>
        error === undefined ? resolve(value) : reject(new Error(error)),
      );
    });
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
    // What it had not answered it never will.
    this.#waiting.clear();
  }

  #start(): ChildProcess {
    const child = fork(this.#program, [], { serialization: "advanced", execArgv: ["--enable-source-maps"] });
    child.on("message", (answer: Answer) => {
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
    return child;
  }
}

/** A writer whose every method is a call of the child. */
async function openIn<T>(writer: Writer, methods: readonly (keyof T & string)[]): Promise<T> {
  await writer.call("open");
  const entries = methods.map((name) => [name, (...values: unknown[]) => writer.call(name, ...values)]);
  return Object.fromEntries(entries) as T;
}

/** A directory in memory where that can be: a kill loses nothing that the kernel has. */
function makeDirectory(): string {
  return mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "datawal-fuzz-"));
}

function placeIn(writer: Writer, directory: string) {
  return {
    crash: () => writer.kill(),
    doReadersSurviveKills: true,
    hasPowerCuts: false,
    remove: async () => {
      await writer.kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A log in a real directory; its writer is a child process, and a crash is its SIGKILL. */
export function realLog(program: URL): LogPlace {
  const directory = makeDirectory();
  const dir = join(directory, "log");
  const writer = new Writer(program, "log", dir);
  return {
    ...placeIn(writer, directory),
    open: () =>
      openIn<LogWriterUnderTest>(writer, [
        "append",
        "appendMany",
        "appendGroup",
        "fsync",
        "rotate",
        "drop",
        "records",
        "close",
      ]),
    openReader: () => recordLogReader(dir, nodeFileSystem),
  };
}

/** A store in a real directory; its writer is a child process, and a crash is its SIGKILL. */
export function realStore(program: URL): StorePlace {
  const directory = makeDirectory();
  const dir = join(directory, "store");
  const writer = new Writer(program, "store", dir);
  let copies = 0;
  return {
    ...placeIn(writer, directory),
    open: () =>
      openIn<DataWalUnderTest>(writer, [
        "put",
        "delete",
        "get",
        "pairs",
        "putMany",
        "batch",
        "fsync",
        "rotate",
        "compact",
        "compactTo",
        "close",
      ]),
    openReader: () => dataWalReader(dir, nodeFileSystem),
    swap: async (store) => {
      const copy = join(directory, `copy-${++copies}`);
      await (store as DataWalUnderTest).compactTo(copy);
      await store.close();
      await replaceStore(dir, copy);
    },
  };
}
