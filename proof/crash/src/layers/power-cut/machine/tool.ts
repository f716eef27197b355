import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { CRASH_PACKAGE } from "./crash-package.js";

/** One of the Python programs in crash/tools: it answers one request after the other, and ends when it is closed. */
export class Tool {
  readonly #process: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #lines: Interface;
  #errors = "";

  constructor(program: string, ...args: string[]) {
    // -B: no compiled files beside the sources.
    const path = join(CRASH_PACKAGE, "tools", program);
    this.#process = spawn("python3", ["-B", path, ...args], { stdio: ["pipe", "pipe", "pipe"] });
    this.#process.stderr!.on("data", (chunk: Buffer) => {
      this.#errors += chunk;
    });
    // A request to a tool that has died is told by the answer that does not come.
    this.#process.stdin!.on("error", () => undefined);
    this.#lines = createInterface({ input: this.#process.stdout! });
    this.#answers = this.#lines[Symbol.asyncIterator]();
  }

  /**
   * Asks, and waits for the answer.
   *
   * @throws Error what the tool says failed; or that it has ended, with what it wrote to standard error
   */
  async ask(what: string, facts: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    this.#process.stdin!.write(`${JSON.stringify({ do: what, ...facts })}\n`);
    const { done, value } = await this.#answers.next();
    if (done) throw new Error(`${what}: the tool has ended: ${this.#errors}`);
    const answer = JSON.parse(value) as { result?: unknown; error?: string };
    if (answer.error !== undefined) throw new Error(`${what} failed: ${answer.error}`);
    return answer.result;
  }

  async close(): Promise<void> {
    this.#process.stdin!.end();
    if (this.#process.exitCode === null && this.#process.signalCode === null)
      await once(this.#process, "exit");
    this.#lines.close();
  }
}
