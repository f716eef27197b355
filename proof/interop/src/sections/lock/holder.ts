import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

/** What the program `holder` says, in a line of JSON. */
export type HolderMessage =
  /** It holds the store, by this means. */
  { held: string } | { code: string; owner: string; text: string };

/** A process of ours that opens a store and keeps it. */
export class Holder {
  readonly message: HolderMessage;
  readonly pid: number;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>, message: HolderMessage) {
    this.#child = child;
    this.message = message;
    this.pid = child.pid!;
  }

  /** Starts one; resolves when it has said what came of it. */
  static async start({ bundle, path, thread }: HolderSettings, dir: string): Promise<Holder> {
    const child = spawn(process.execPath, [bundle, dir, ...(thread ? ["thread"] : [])], {
      env: { ...process.env, PATH: path },
      stdio: ["pipe", "pipe", "inherit"],
    });
    for await (const line of createInterface(child.stdout))
      return new Holder(child, JSON.parse(line) as HolderMessage);
    throw new Error(`the holder of ${dir} said nothing`);
  }

  /** Lets it close its store and end. */
  async end(): Promise<void> {
    this.#child.stdin.end();
    await this.#exited();
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited();
  }

  async #exited(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, "exit");
  }
}

export interface HolderSettings {
  /** The bundled program; fs-ext resolves from where it lies, or does not. */
  bundle: string;
  /** Its PATH. */
  path: string;
  /** Whether it opens the store in a worker thread. */
  thread: boolean;
}
