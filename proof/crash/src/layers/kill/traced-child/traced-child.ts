import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bundleProgram, laboratoryRoot } from "./bundle-program.js";
import { straceArguments, type TraceOptions } from "./strace.js";
import type { Order } from "./workload.js";

/** How a child ended. */
export interface Ending {
  signal: NodeJS.Signals | undefined;
  status: number | undefined;
  errorText: string;
}

/** The child program, bundled from its source into a directory of its own from which fs-ext can be resolved. */
export class TracedChild implements Disposable {
  readonly #directory: string;
  readonly #program: string;

  private constructor(directory: string) {
    this.#directory = directory;
    this.#program = join(directory, "child.cjs");
  }

  static async bundle(): Promise<TracedChild> {
    const root = laboratoryRoot();
    mkdirSync(join(root, "dist"), { recursive: true });
    const child = new TracedChild(mkdtempSync(join(root, "dist/traced-child-")));
    await bundleProgram(join(root, "src/layers/kill/traced-child/child-main.ts"), child.#program);
    return child;
  }

  /** Runs it to its end under strace. */
  run(order: Order, trace: Omit<TraceOptions, "tracePath">): Ending {
    const { tracePath } = order.place;
    const command = [process.execPath, this.#program, JSON.stringify(order)];
    const run = spawnSync("strace", [...straceArguments({ ...trace, tracePath }), ...command], {
      env: CHILD_ENVIRONMENT,
      encoding: "utf8",
      timeout: CHILD_TIMEOUT_MS,
    });
    if (run.error) throw run.error;
    return { signal: run.signal ?? undefined, status: run.status ?? undefined, errorText: run.stderr };
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** A child takes a fraction of a second; one that hangs ends the run. */
const CHILD_TIMEOUT_MS = 60_000;

/** One pool thread and no ring: strace counts for each thread, and sees system calls only. */
const CHILD_ENVIRONMENT = { PATH: process.env.PATH, UV_THREADPOOL_SIZE: "1", UV_USE_IO_URING: "0" };
