import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Extent } from "./extent.js";
import { readResult, type WorkerResult } from "./worker.js";

/** A process to be run: one slice of one layer, by some bundle of the laboratory. */
export interface Job extends Extent {
  bundlePath: string;
  layer: string;
  slice: { index: number; count: number };
  stopsAtFirst: boolean;
  first: string;
}

/** A state that was judged leaves nothing behind: with the default of 16 MiB a seventh of the time went into collections. */
const YOUNG_SPACE = "--max-semi-space-size=64";

/** Runs jobs in processes of their own, as many at a time as there are cores to use. */
export class Pool {
  readonly #directory = mkdtempSync(join(tmpdir(), "datawal-crash-"));
  readonly #waiting: (() => void)[] = [];
  readonly #children = new Set<ChildProcess>();
  #free: number;
  #count = 0;

  constructor(processes: number) {
    this.#free = processes;
  }

  /** Does work that runs one process after the other, when it is its turn. */
  async inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.#enter();
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  /**
   * Runs a job at once: from within `inTurn`.
   *
   * @throws Error with what the process printed, where it ended without a result.
   */
  async run({ bundlePath, layer, slice, seed, length, stopsAtFirst, first }: Job): Promise<WorkerResult> {
    const resultPath = join(this.#directory, `${this.#count++}.json`);
    const args = ["--enable-source-maps", "--expose-gc", YOUNG_SPACE, bundlePath];
    args.push(
      "--worker",
      layer,
      "--slice",
      `${slice.index}/${slice.count}`,
      "--seed",
      `${seed}`,
      "--length",
      length,
    );
    args.push("--first", first, "--result", resultPath, ...(stopsAtFirst ? ["--stop-at-first"] : []));
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#children.add(child);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += data));
    const [status, signal] = await once(child, "close");
    this.#children.delete(child);
    if (status !== 0) throw new Error(`${layer} ended with ${status ?? signal}:\n${output.slice(-4000)}`);
    return readResult(resultPath);
  }

  /** Ends what still runs, too: where one job threw, nobody waits for the others. */
  close(): void {
    for (const child of this.#children) child.kill("SIGKILL");
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #enter(): Promise<void> {
    while (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#free--;
  }

  #leave(): void {
    this.#free++;
    this.#waiting.shift()?.();
  }
}
