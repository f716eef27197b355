import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { MessageReader, MessageWriter } from "./message.js";

/** The reference said no: the message is its error with the whole chain of causes. */
export class ReferenceRefusal extends Error {
  override readonly name = "ReferenceRefusal";
}

interface Waiter {
  resolve(reply: Buffer): void;
  reject(error: Error): void;
}

/** The Rust program as a child: requests go in, replies come back in the same order. */
export class ReferenceProcess implements AsyncDisposable {
  /** With which it was started. */
  readonly command: readonly [string, ...string[]];
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting: Waiter[] = [];
  readonly #exit: Promise<unknown>;
  #received: Buffer[] = [];
  #receivedBytes = 0;
  #ended: Error | undefined;

  /** @param command The program; with more words before it where a shell sets the stage. */
  constructor(command: readonly [string, ...string[]]) {
    this.command = command;
    const [program, ...args] = command;
    this.#child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#exit = once(this.#child, "exit");
    this.#child.stdout.on("data", (chunk: Buffer) => this.#receive(chunk));
    this.#child.stdin.on("error", () => undefined);
    this.#child.on("error", (error) => this.#end(error));
    this.#child.on("close", (code, signal) =>
      this.#end(new Error(`the Rust program ended with ${signal ?? code}`)),
    );
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** @throws ReferenceRefusal */
  async request(
    operation: number,
    write: (message: MessageWriter) => unknown = () => undefined,
  ): Promise<MessageReader> {
    const message = new MessageWriter().u32(0).u8(operation);
    write(message);
    const bytes = message.view();
    bytes.writeUInt32LE(bytes.length - 4, 0);
    const reply = await this.#exchange(bytes);
    if (reply[0] !== 0) throw new ReferenceRefusal(reply.toString("utf8", 1));
    return new MessageReader(reply.subarray(1));
  }

  /** SIGKILL, as a crash. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exit;
  }

  async close(): Promise<void> {
    this.#child.stdin.end();
    await this.#exit;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #exchange(bytes: Buffer): Promise<Buffer> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#send(bytes);
    });
  }

  /** Requests of one turn go out together, which wakes the program once. */
  #send(bytes: Buffer): void {
    const { stdin } = this.#child;
    if (!stdin.writableCorked) {
      stdin.cork();
      process.nextTick(() => stdin.uncork());
    }
    stdin.write(bytes);
  }

  #receive(chunk: Buffer): void {
    this.#received.push(chunk);
    this.#receivedBytes += chunk.length;
    for (let reply = this.#takeReply(); reply; reply = this.#takeReply())
      this.#waiting.shift()!.resolve(reply);
  }

  #takeReply(): Buffer | undefined {
    if (this.#receivedBytes < 4) return undefined;
    if (this.#received[0]!.length < 4) this.#received = [Buffer.concat(this.#received)];
    const end = 4 + this.#received[0]!.readUInt32LE(0);
    if (this.#receivedBytes < end) return undefined;
    const bytes = this.#received.length === 1 ? this.#received[0]! : Buffer.concat(this.#received);
    this.#received = bytes.length === end ? [] : [bytes.subarray(end)];
    this.#receivedBytes -= end;
    return bytes.subarray(4, end);
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#ended);
  }
}
