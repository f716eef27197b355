import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bundleProgram, laboratoryRoot } from "../../kill/traced-child/bundle-program.js";
import { type Injection, pathsOf, readTrace, straceArguments } from "../../kill/traced-child/strace.js";

/** The system calls by which a store is found, read and changed. */
const CALLS = [
  ...["openat", "lstat", "stat", "statx", "newfstatat", "fstat", "getdents64", "pread64", "read"],
  ...["write", "writev", "pwrite64", "fsync", "ftruncate", "rename", "link", "unlink", "rmdir", "mkdir"],
];

/** How a process ended. */
export interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** A system call on the files below the place, and how often one process makes it. */
export interface Survey {
  paths: string[];
  counts: Map<string, number>;
}

/** The programs whose system calls are delayed: the child of this layer, and the command line. */
export class DelayedPrograms implements Disposable {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async bundle(): Promise<DelayedPrograms> {
    const root = laboratoryRoot();
    mkdirSync(join(root, "dist"), { recursive: true });
    const programs = new DelayedPrograms(mkdtempSync(join(root, "dist/delayed-")));
    await bundleProgram(join(root, "src/layers/readers/delayed/child-main.ts"), programs.child);
    await bundleProgram(join(root, "../../packages/cli/src/main.ts"), programs.commandLine);
    return programs;
  }

  get child(): string {
    return join(this.#directory, "child.cjs");
  }

  get commandLine(): string {
    return join(this.#directory, "command-line.cjs");
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** A process that waits at one of its system calls. */
export class DelayedProcess {
  readonly ended: Promise<Ended>;
  isEnded = false;
  readonly #tracePath: string;

  constructor(
    command: readonly string[],
    tracePath: string,
    paths: readonly string[],
    injection?: Injection,
  ) {
    this.#tracePath = tracePath;
    const trace = { calls: CALLS, paths, tracePath, ...(injection && { injection }) };
    const args = [...straceArguments(trace), process.execPath, ...command];
    const child = spawn("strace", args, { env: ENVIRONMENT, stdio: ["ignore", "pipe", "pipe"] });
    const output = { stdout: "", stderr: "" };
    child.stdout.on("data", (data) => (output.stdout += data));
    child.stderr.on("data", (data) => (output.stderr += data));
    this.ended = once(child, "close").then(([status]) => {
      this.isEnded = true;
      return { status, ...output };
    });
  }

  /** Resolves when the call is about to be made, or the process has ended. */
  async reaches({ call, index }: Injection): Promise<void> {
    while (!this.isEnded && this.#countOf(call) < index - 1) await pause();
    await pause();
  }

  #countOf(call: string): number {
    try {
      return readTrace(this.#tracePath).filter((traced) => traced.call === call).length;
    } catch {
      // Not begun yet.
      return -1;
    }
  }
}

/** What a process does that is left alone: its calls on files below `root`. */
export async function surveyOf(command: readonly string[], tracePath: string, root: string): Promise<Survey> {
  const { status, stderr } = await new DelayedProcess(command, tracePath, []).ended;
  if (status === null || stderr.includes("Error"))
    throw new Error(`${command.join(" ")}: ${status} ${stderr}`);
  const isOurs = (path: string) => path.startsWith(`${root}/`);
  const traced = readTrace(tracePath).filter((call) => pathsOf(call).some(isOurs));
  const counts = new Map<string, number>();
  for (const { call } of traced) counts.set(call, (counts.get(call) ?? 0) + 1);
  return { paths: [...new Set(traced.flatMap(pathsOf).filter(isOurs))].sort(), counts };
}

/** Whether the call that was to wait was made. */
export function hasWaited(tracePath: string): boolean {
  return readFileSync(tracePath, "latin1").includes("(DELAYED)");
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2));
}

const ENVIRONMENT = { PATH: process.env.PATH, UV_THREADPOOL_SIZE: "1", UV_USE_IO_URING: "0" };
