import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { BrokenDemand } from "../kill/traced-child/broken-demand.js";
import type { Answer, Command } from "./answer.js";
import type { Rung } from "./rungs.js";

/** An answer takes milliseconds; who gives none is ended, so that the layer ends, too. */
const ANSWER_MS_MAX = 60_000;

/** The other side of a contender: a process that holds locks, or tries to. */
export class Contender implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  #errorText = "";

  constructor({ program, PATH }: Rung, user?: number) {
    const identity = user === undefined ? {} : { uid: user, gid: user };
    this.#process = spawn(process.execPath, ["--expose-gc", program], {
      env: { PATH },
      cwd: "/",
      stdio: ["pipe", "pipe", "pipe"],
      ...identity,
    });
    this.#answers = createInterface({ input: this.#process.stdout! })[Symbol.asyncIterator]();
    this.#process.stderr!.on("data", (chunk) => {
      this.#errorText += chunk;
    });
  }

  get pid(): number {
    return this.#process.pid!;
  }

  /** One command at a time. @throws BrokenDemand */
  async ask(command: Command): Promise<Answer> {
    this.#process.stdin!.write(`${JSON.stringify(command)}\n`);
    const guard = setTimeout(() => this.#process.kill("SIGKILL"), ANSWER_MS_MAX);
    const { done, value } = await this.#answers.next();
    clearTimeout(guard);
    if (done) throw new BrokenDemand("no crash", `the contender ended at ${command.do}: ${this.#errorText}`);
    return JSON.parse(value);
  }

  /** Ends it by SIGKILL; it is dead when this resolves. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#ended();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.stdin!.end();
    await this.#ended();
  }

  async #ended(): Promise<void> {
    const { exitCode, signalCode } = this.#process;
    if (exitCode === null && signalCode === null) await once(this.#process, "exit");
  }
}
