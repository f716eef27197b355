import { join } from "node:path";
import { isDurable, type OracleRecord, OracleViolation } from "@datawal/oracle";
import type { CachedDisk } from "../power-cut/disk/cached-disk.js";
import { type Expectation, judge } from "../power-cut/judge.js";
import type { ChildProgram } from "../power-cut/machine/child-program.js";
import type { SeededRandom } from "../power-cut/machine/seeded-random.js";
import type { Tool } from "../power-cut/machine/tool.js";
import { type StreamPlan, streamRecord } from "../power-cut/writer/record-stream.js";
import { ChainProcess } from "./chain-process.js";
import { type ChainAnswer, type ChainOrder, type ChainRequest, MARKER } from "./chain-protocol.js";
import { markedRecord } from "./marked-record.js";

export interface ChainSetting {
  disk: CachedDisk;
  writer: ChildProgram;
  anotherProgram: Tool;
  port: ChainOrder["port"];
  random: SeededRandom;
  tell(...parts: readonly unknown[]): void;
}

/** The steps of a chain from a failed block write to a power cut, and what the store must hold after each. */
export class Chain {
  readonly #setting: ChainSetting;
  readonly #order: ChainOrder;
  readonly #expected = new ChainExpectation();
  #process: ChainProcess | undefined;

  constructor(setting: ChainSetting) {
    this.#setting = setting;
    const { disk, port, random } = setting;
    const segmentBytesMax = random.pick([30_000, 64 * 1024 * 1024]);
    this.#order = { store: join(disk.mountPoint, "store"), segmentBytesMax, port };
    setting.tell("a chain", this.#order);
  }

  /** Opens in a new process, or in the one there is; what an open reports is durable. @returns whether it opened. */
  async open(): Promise<boolean> {
    this.#process ??= new ChainProcess(this.#setting.writer, this.#order);
    const answer = await this.#ask({ do: "open" });
    if (answer.refused !== undefined) return false;
    this.#expected.opened(answer.records);
    return true;
  }

  /** Appends some records. @returns whether all were taken. */
  async append(): Promise<boolean> {
    return await this.#append(false);
  }

  /**
   * Appends some records by whose marker the disk knows the writes that are to fail.
   *
   * @returns whether all were taken: one may have made the segment rotate, which syncs.
   */
  async appendMarked(): Promise<boolean> {
    return await this.#append(true);
  }

  /** Makes it durable. @returns whether it succeeded. */
  async sync(by: "fsync" | "fsyncSync" | "rotate" | "close" = "fsync"): Promise<boolean> {
    const answer = await this.#ask({ do: by });
    if (answer.refused !== undefined) return false;
    this.#expected.acknowledge(answer.records);
    return true;
  }

  /** Closes a poisoned handle, which syncs nothing and so acknowledges nothing. */
  async closePoisoned(): Promise<void> {
    await this.#ask({ do: "close" });
  }

  async kill(): Promise<void> {
    this.#setting.tell("is killed");
    await this.#process!.kill();
    this.#process = undefined;
  }

  /** Lets some of the next block writes with marked records fail: one, two, or every one. */
  async breakDisk(): Promise<void> {
    const writes = this.#setting.random.pick([1, 2, 1_000_000]);
    this.#setting.tell(`the disk will fail ${writes} writes`);
    await this.#setting.disk.failWrites(writes, MARKER);
  }

  /** @throws Error no write has failed: then the chain has proved nothing */
  async mendDisk(): Promise<void> {
    const failures = await this.#setting.disk.failWrites(0, "");
    this.#setting.tell(`the disk has failed ${failures} writes and is whole again`);
    if (failures === 0) throw new Error("no write has failed");
  }

  /** Lets another program act on the newest segment. */
  async another(act: "write-back" | "fsync" | "evict"): Promise<void> {
    const said = await this.#setting.anotherProgram.ask(act, { store: this.#order.store });
    this.#setting.tell(`another program's ${act}: ${said}`);
  }

  /** Cuts the power, opens the store, asks the oracle. @throws OracleViolation */
  async cutPower(): Promise<void> {
    const { disk, random, tell } = this.#setting;
    const cut = { seed: random.below(2 ** 31), keptShare: random.pick([0, 0.5, 1]) };
    tell("power cut", cut);
    await disk.loseCache(cut);
    if (this.#process) await this.kill();
    await disk.restorePower();
    tell(`acknowledged ${this.#expected.acknowledged} records`);
    tell("opened", judge(this.#order.store, "raw", this.#expected));
  }

  /** For when a chain has broken off. */
  async end(): Promise<void> {
    if (this.#process) await this.kill();
  }

  async #append(isMarked: boolean): Promise<boolean> {
    const { random } = this.#setting;
    const stream: StreamPlan = {
      seed: random.below(2 ** 31),
      contents: "raw",
      sizes: random.pick(["small", "sector", "pages"]),
    };
    const { records, refused } = await this.#ask({
      do: "append",
      stream,
      count: 1 + random.below(6),
      isMarked,
    });
    this.#expected.append(stream, records, isMarked);
    return refused === undefined;
  }

  async #ask(request: ChainRequest): Promise<ChainAnswer> {
    const answer = await this.#process!.ask(request);
    this.#setting.tell(request, answer);
    return answer;
  }
}

class ChainExpectation implements Expectation {
  acknowledged = 0;
  readonly discarded: OracleRecord[] = [];
  #appended: OracleRecord[] = [];

  appended(count: number): OracleRecord[] {
    return this.#appended.slice(0, count);
  }

  /** @param count of all records that there are then. */
  append(stream: StreamPlan, count: number, isMarked: boolean): void {
    const record = isMarked ? markedRecord : streamRecord;
    for (let index = this.#appended.length; index < count; index++)
      this.#appended.push(record(stream, index, BigInt(index + 1)));
  }

  acknowledge(count: number): void {
    this.acknowledged = count;
  }

  /** @throws OracleViolation */
  opened(count: number): void {
    isDurable(this.#appended.slice(0, count), this.acknowledged);
    if (count > this.#appended.length)
      throw new OracleViolation(
        "3 nothing fabricated",
        `${count} of ${this.#appended.length} records are there`,
      );
    this.#appended.length = count;
    this.acknowledged = count;
  }

  recovered(records: readonly OracleRecord[]): void {
    this.#appended = [...records];
  }
}
