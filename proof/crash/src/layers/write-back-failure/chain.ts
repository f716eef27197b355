import { join } from "node:path";
import { isDurable, type OracleRecord, OracleViolation } from "@datawal/oracle";
import type { CachedDisk } from "../power-cut/disk/cached-disk.js";
import { type Expectation, judge } from "../power-cut/judge.js";
import type { ChildProgram } from "../power-cut/machine/child-program.js";
import type { SeededRandom } from "../power-cut/machine/seeded-random.js";
import type { Tool } from "../power-cut/machine/tool.js";
import { changesBehind } from "../power-cut/writer/pairs-digest.js";
import { type StreamPlan, streamRecord } from "../power-cut/writer/record-stream.js";
import { ChainProcess } from "./chain-process.js";
import { type ChainAnswer, type ChainOrder, type ChainRequest, MARKER } from "./chain-protocol.js";
import { markedRecord } from "./marked-record.js";

export interface ChainSetting {
  disk: CachedDisk;
  writer: ChildProgram;
  contents: ChainOrder["contents"];
  anotherProgram: Tool;
  port: ChainOrder["port"];
  random: SeededRandom;
  tell(...parts: readonly unknown[]): void;
}

/** The steps of a chain from a failed block write to a power cut, and what the store must hold after each. */
export class Chain {
  readonly #setting: ChainSetting;
  readonly #order: ChainOrder;
  readonly #expected: ChainExpectation;
  #process: ChainProcess | undefined;

  constructor(setting: ChainSetting) {
    this.#setting = setting;
    const { disk, contents, port, random } = setting;
    // What is to be compacted must lie in one segment with its waste.
    const segmentBytesMax = contents === "compacted" ? 64 * MIB : random.pick([30_000, 64 * MIB]);
    this.#order = { store: join(disk.mountPoint, "store"), segmentBytesMax, contents, port };
    this.#expected = new ChainExpectation(contents === "compacted");
    setting.tell("a chain", this.#order);
  }

  /** Opens in a new process, or in the one there is; what an open reports is durable. @returns whether it opened. */
  async open(): Promise<boolean> {
    this.#process ??= new ChainProcess(this.#setting.writer, this.#order);
    const answer = await this.#ask({ do: "open" });
    if (answer.refused !== undefined) return false;
    this.#expected.opened(answer);
    return true;
  }

  /** Appends some records. @returns whether all were taken. */
  async append(): Promise<boolean> {
    return await this.#append(this.#appendRequest(false));
  }

  /**
   * Appends some records by whose marker the disk knows the writes that are to fail.
   *
   * @returns whether all were taken: one may have made the segment rotate, which syncs.
   */
  async appendMarked(): Promise<boolean> {
    return await this.#append(this.#appendRequest(true));
  }

  /** Appends marked records twice: one segment then has records that are live, and as many that are not. */
  async appendMarkedTwice(): Promise<boolean> {
    const request = this.#appendRequest(true);
    return (await this.#append(request)) && (await this.#append(request));
  }

  /** Compacts in place, which acknowledges nothing, and appends meanwhile. @returns whether it came to its end. */
  async compact(): Promise<boolean> {
    const { stream } = this.#appendRequest(false);
    const { records, refused } = await this.#ask({ do: "compact", stream });
    this.#expected.append(stream, records, false, false);
    return refused === undefined;
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
    tell("opened", judge(this.#order.store, this.#order.contents, this.#expected));
  }

  /** For when a chain has broken off. */
  async end(): Promise<void> {
    if (this.#process) await this.kill();
  }

  #appendRequest(isMarked: boolean): AppendRequest {
    const { random, contents } = this.#setting;
    const stream: StreamPlan = {
      seed: random.below(2 ** 31),
      contents,
      sizes: random.pick(["small", "sector", "pages"]),
    };
    const count = 1 + random.below(6);
    return { do: "append", stream, count, isMarked, isGroup: contents === "compacted" && random.oneIn(2) };
  }

  async #append(request: AppendRequest): Promise<boolean> {
    const { records, refused } = await this.#ask(request);
    this.#expected.append(request.stream, records, request.isMarked, request.isGroup);
    return refused === undefined;
  }

  async #ask(request: ChainRequest): Promise<ChainAnswer> {
    const answer = await this.#process!.ask(request);
    this.#setting.tell(request, answer);
    return answer;
  }
}

type AppendRequest = ChainRequest & { do: "append" };

const MIB = 1024 * 1024;

class ChainExpectation implements Expectation {
  acknowledged = 0;
  readonly isCompacted: boolean;
  readonly discarded: OracleRecord[] = [];
  #appended: OracleRecord[] = [];
  /** Those before the ones that the writer counts. */
  #uncounted = 0;
  /** Counts of records that end in the middle of a group. */
  #inGroups: readonly number[] = [];

  constructor(isCompacted: boolean) {
    this.isCompacted = isCompacted;
  }

  appended(count: number): OracleRecord[] {
    return this.#appended.slice(0, count);
  }

  /** @param count of all records that the writer counts then. */
  append(stream: StreamPlan, count: number, isMarked: boolean, isGroup: boolean): void {
    const record = isMarked ? markedRecord : streamRecord;
    const before = this.#appended.length;
    const added = this.#uncounted + count - before;
    const within = Array.from({ length: Math.max(0, added - 1) }, (_, index) => before + index + 1);
    if (isGroup) this.#inGroups = [...this.#inGroups, ...within];
    for (let index = 0; index < added; index++)
      this.#appended.push(record(stream, index, BigInt(this.#appended.length + 1)));
  }

  readonly isWithinGroup = (count: number): boolean => this.#inGroups.includes(count);

  acknowledge(count: number): void {
    this.acknowledged = this.#uncounted + count;
  }

  /** @throws OracleViolation */
  opened({ records: count, pairs }: ChainAnswer): void {
    if (pairs !== undefined) {
      this.#appended = changesBehind(pairs, this.#appended, this.acknowledged, this.isWithinGroup);
      this.#inGroups = this.#inGroups.filter((within) => within < this.#appended.length);
      this.#uncounted = this.#appended.length;
      this.acknowledge(0);
      return;
    }
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
