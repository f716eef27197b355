import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { DataWalReader, describeWarning, isRecordLogError, replaceStoreSync } from "datawal";
import type { ChildProgram } from "../layers/power-cut/machine/child-program.js";
import { SoakModel } from "../layers/soak/soak-model.js";
import { ProgressFile } from "../layers/soak/soak-progress.js";
import { keyOf, type SoakRecord, soakStep } from "../layers/soak/soak-step.js";
import type { Plant, SoakOrder } from "../layers/soak/soak-writer.js";
import { memorySample, type Sample } from "./meter.js";
import type { Row } from "./metrics.js";

export interface LongSoakPlan {
  seconds: number;
  seed: number;
  plant: Plant;
}

export interface LongSoakResult {
  rows: Row[];
  /** What was wrong with the data; it ends the run. */
  problem: string | undefined;
  steps: number;
  kills: number;
  swaps: number;
  compactions: number;
}

/** Long enough in two minutes for a slope, and three of them. */
const LIFE_SECONDS_MIN = 10;
const LIFE_SECONDS_MAX = 300;
const REFRESH_MS = 50;
const FOLLOWER_WAIT_MS = 30_000;

/**
 * One store that a child process writes for a time, which is killed and started again; beside it a reader that is refreshed and
 * a follower, which live on. Behind each kill all is held against a model; behind every second one the store is swapped.
 */
export class LongSoak {
  readonly #program: ChildProgram;
  readonly #plan: LongSoakPlan;
  readonly #order: SoakOrder;
  readonly #model = new SoakModel();
  readonly #rows: Row[] = [];
  readonly #onRow: (row: Row) => void;
  readonly #startMs = performance.now();
  #steps = 0;
  #kills = 0;
  #swaps = 0;
  #compactions = 0;
  #reader: DataWalReader | undefined;
  #follower: Follower | undefined;

  constructor(directory: string, program: ChildProgram, plan: LongSoakPlan, onRow: (row: Row) => void) {
    this.#program = program;
    this.#plan = plan;
    this.#onRow = onRow;
    const [store, progress] = [join(directory, "store"), join(directory, "progress")];
    const end = Number.MAX_SAFE_INTEGER;
    this.#order = { store, progress, seed: plan.seed, first: 0, end, plant: plan.plant };
  }

  async run(): Promise<LongSoakResult> {
    const { seconds } = this.#plan;
    const lifeSeconds = Math.min(LIFE_SECONDS_MAX, Math.max(LIFE_SECONDS_MIN, seconds / 3));
    let problem: string | undefined;
    for (let life = 1; problem === undefined && this.#elapsed() < seconds - 1; life++) {
      problem = await this.#live(life, Math.min(lifeSeconds, seconds - this.#elapsed()));
      if (problem === undefined && life % 2 === 0) await this.#swap();
    }
    await this.#closeReaders();
    return {
      rows: this.#rows,
      problem,
      steps: this.#steps,
      kills: this.#kills,
      swaps: this.#swaps,
      compactions: this.#compactions,
    };
  }

  #elapsed(): number {
    return (performance.now() - this.#startMs) / 1_000;
  }

  async #live(life: number, seconds: number): Promise<string | undefined> {
    rmSync(this.#order.progress, { force: true });
    const startMs = performance.now();
    const order = JSON.stringify({ ...this.#order, first: this.#steps });
    const child = spawn(process.execPath, ["--expose-gc", this.#program.path, order], {
      stdio: ["pipe", "ignore", "pipe", "ipc"],
    });
    let errors = "";
    child.stderr!.on("data", (chunk: Buffer) => {
      errors += chunk;
    });
    const ended = once(child, "close");
    child.on("message", (sample: Sample) => this.#add(sample, life, (performance.now() - startMs) / 1_000));
    try {
      await this.#readBeside(child, startMs + seconds * 1_000);
    } finally {
      child.kill("SIGKILL");
      await ended;
    }
    if (child.exitCode !== null) return `the writer ended with ${child.exitCode}: ${errors}`;
    this.#kills++;
    return await this.#look();
  }

  #add(sample: Sample, life: number, seconds: number): void {
    const { rssBytes, heapBytes, descriptors } = memorySample();
    const row: Row = {
      ...sample,
      elapsed: this.#elapsed(),
      seconds,
      life,
      readers: this.#swaps,
      readerRssBytes: rssBytes,
      readerHeapBytes: heapBytes,
      readerDescriptors: descriptors,
    };
    this.#rows.push(row);
    this.#onRow(row);
  }

  async #readBeside(child: ChildProcess, untilMs: number): Promise<void> {
    while (performance.now() < untilMs && child.exitCode === null) {
      await setTimeout(REFRESH_MS);
      if (!existsSync(this.#order.progress)) continue;
      const { reader, follower } = this.#openReaders();
      await reader.refresh();
      follower.requireAlive();
    }
  }

  /** Holds what the kill has left, and the readers that have lived through it, against the model. */
  async #look(): Promise<string | undefined> {
    const inFlight = this.#takeIn();
    using fresh = DataWalReader.openSync(this.#order.store);
    const pairs = pairsOf(fresh);
    let difference = this.#model.differenceTo(pairs);
    while (difference !== undefined && inFlight.length > 0) {
      this.#model.apply(inFlight.shift()!);
      difference = this.#model.differenceTo(pairs);
    }
    const where = `behind kill ${this.#kills}, at step ${this.#steps}`;
    if (difference !== undefined) return `${where}: ${difference}`;
    const warnings = fresh.recoveryReport().warnings.filter(({ kind }) => kind !== "quarantine-present");
    if (warnings.length > 0) return `${where}: ${warnings.map(describeWarning).join()}`;
    const { reader, follower } = this.#openReaders();
    await reader.refresh();
    const shown = this.#model.differenceTo(pairsOf(reader));
    if (shown !== undefined) return `${where}: a reader that was refreshed: ${shown}`;
    const followed = await follower.differenceTo(this.#model);
    return followed === undefined ? undefined : `${where}: a follower: ${followed}`;
  }

  #openReaders(): { reader: DataWalReader; follower: Follower } {
    this.#reader ??= DataWalReader.openSync(this.#order.store);
    this.#follower ??= new Follower(this.#order.store);
    return { reader: this.#reader, follower: this.#follower };
  }

  #takeIn(): SoakRecord[] {
    const { seed, progress } = this.#order;
    using file = new ProgressFile(progress, "r");
    const { steps, compactions } = file.read();
    this.#compactions += compactions;
    for (; this.#steps < steps; this.#steps++)
      for (const record of recordsAt(seed, this.#steps)) this.#model.apply(record);
    return recordsAt(seed, this.#steps);
  }

  async #swap(): Promise<void> {
    const { store } = this.#order;
    const copy = `${store}-copy`;
    await this.#reader!.compactTo(copy);
    await this.#closeReaders();
    replaceStoreSync(store, copy);
    this.#swaps++;
  }

  async #closeReaders(): Promise<void> {
    await this.#reader?.close();
    await this.#follower?.close();
    this.#reader = undefined;
    this.#follower = undefined;
  }
}

/** Puts a store together from what it is shown. */
class Follower {
  readonly #reader: DataWalReader;
  readonly #pairs = new Map<number, Uint8Array>();
  readonly #end: Promise<void>;
  #failure: unknown;

  constructor(store: string) {
    this.#reader = DataWalReader.openSync(store);
    this.#end = this.#follow().catch((error) => {
      // Closing it ends it so.
      if (!isRecordLogError(error, "ERR_DATAWAL_CLOSED")) this.#failure = error;
    });
  }

  requireAlive(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  async differenceTo(model: SoakModel): Promise<string | undefined> {
    const deadlineMs = performance.now() + FOLLOWER_WAIT_MS;
    for (;;) {
      this.requireAlive();
      const difference = model.differenceTo(this.#pairs);
      if (difference === undefined || performance.now() > deadlineMs) return difference;
      await setTimeout(REFRESH_MS);
    }
  }

  async close(): Promise<void> {
    await this.#reader.close();
    await this.#end;
  }

  async #follow(): Promise<void> {
    for await (const change of this.#reader.follow({ pollMs: 10 })) {
      if (change.type === "put") this.#pairs.set(keyOf(change.key), change.value);
      else this.#pairs.delete(keyOf(change.key));
    }
  }
}

function pairsOf(reader: DataWalReader): Map<number, Uint8Array> {
  return new Map([...reader].map(([key, value]) => [keyOf(key), value]));
}

function recordsAt(seed: number, place: number): SoakRecord[] {
  const step = soakStep(seed, place);
  return step.do === "write" ? [...step.records] : [];
}
