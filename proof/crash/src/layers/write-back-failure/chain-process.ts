import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { ChildProgram } from "../power-cut/machine/child-program.js";
import type { ChainAnswer, ChainOrder, ChainRequest } from "./chain-protocol.js";

/** The other side of a chain's writer. */
export class ChainProcess {
  readonly #process: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #ended: Promise<unknown>;
  #errors = "";

  constructor(program: ChildProgram, order: ChainOrder) {
    this.#process = spawn(process.execPath, [program.path, JSON.stringify(order)]);
    this.#ended = once(this.#process, "close");
    this.#process.stderr!.on("data", (chunk: Buffer) => {
      this.#errors += chunk;
    });
    this.#answers = createInterface({ input: this.#process.stdout! })[Symbol.asyncIterator]();
  }

  async ask(request: ChainRequest): Promise<ChainAnswer> {
    this.#process.stdin!.write(`${JSON.stringify(request)}\n`);
    const { done, value } = await this.#answers.next();
    if (done) throw new Error(`${request.do}: the writer has ended: ${this.#errors}`);
    return JSON.parse(value) as ChainAnswer;
  }

  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#ended;
  }
}
