import { once } from "node:events";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { DataWalReader, describeWarning } from "datawal";
import { seededRandom } from "../../laboratory/seeded-random.js";
import { Child, type ChildProgram } from "../power-cut/machine/child-program.js";
import { readByReference } from "./read-by-reference.js";
import { SoakModel } from "./soak-model.js";
import { type Progress, ProgressFile } from "./soak-progress.js";
import { keyOf, type SoakRecord, soakStep } from "./soak-step.js";
import type { Plant, SoakOrder } from "./soak-writer.js";

export interface SoakPlan {
  /** Operations, one after the other. */
  steps: number;
  /** SIGKILLs, spread over them. */
  kills: number;
  compactionsMin: number;
  /** How often the Rust crate opens the store in between. */
  referenceLooks: number;
}

export interface SoakResult {
  /** How often the store was held against the model. */
  looks: number;
  /** What is wrong; it ends the run. */
  problem: string | undefined;
  facts: string[];
}

/** Some 40 of each were seen; without a compaction a run in CI would have come to 2,000 files. */
const FILES_MAX = 400;
const DESCRIPTORS_MAX = 200;
const POLL_MS = 1;
const POLLS_A_COUNT = 20;
/** One kill in so many comes while the store is being opened. */
const LIVES_AN_OPENING_KILL = 8;
const OPENING_MS = 150;
/** How long another one waits for a compaction, in half of all cases. */
const COMPACTION_WAIT_MS = 100;

export class Soak {
  readonly #program: ChildProgram;
  readonly #plan: SoakPlan;
  readonly #order: SoakOrder;
  readonly #random: () => number;
  readonly #model = new SoakModel();
  /** Opened at the first look, and refreshed beside all that follows. */
  #reader: DataWalReader | undefined;
  #refreshes = 0;
  /** Steps that the model has taken in. */
  #steps = 0;
  #lastTxid = 0n;
  #kills = 0;
  #killsInCompaction = 0;
  readonly #sums = { compactions: 0, recordsMoved: 0, segmentsRemoved: 0 };
  #filesMax = 0;
  #descriptorsMax = 0;
  #looks = 0;
  #referenceLooks = 0;
  #referenceMissing: string | undefined;

  constructor(
    directory: string,
    program: ChildProgram,
    plan: SoakPlan,
    { seed, plant }: { seed: number; plant: Plant },
  ) {
    this.#program = program;
    this.#plan = plan;
    const [store, progress] = [join(directory, "store"), join(directory, "progress")];
    this.#order = { store, progress, seed, first: 0, end: plan.steps, plant };
    this.#random = seededRandom(seed);
  }

  async run(): Promise<SoakResult> {
    const { kills } = this.#plan;
    let problem: string | undefined;
    for (let life = 0; life <= kills && problem === undefined; life++) problem = await this.#live(life);
    this.#reader?.closeSync();
    return { looks: this.#looks, problem: problem ?? this.#missing(), facts: this.#facts() };
  }

  /** One process, from its start to its kill; the last one ends by itself. Returns what is wrong. */
  async #live(life: number): Promise<string | undefined> {
    rmSync(this.#order.progress, { force: true });
    const child = new Child(this.#program, { ...this.#order, first: this.#steps });
    try {
      return await this.#liveWith(child, life);
    } finally {
      // Where a look has thrown it is still writing.
      await child.kill();
    }
  }

  async #liveWith(child: Child, life: number): Promise<string | undefined> {
    const ended = once(child.process, "close");
    const progress = await this.#untilKill(child, life);
    if (progress && child.process.exitCode === null) {
      await child.kill();
      this.#kills++;
      this.#killsInCompaction += progress.isCompacting;
    }
    const [status] = await ended;
    if (status !== null && status !== 0) return `the writer ended with ${status}: ${child.errors}`;
    const problem = this.#look(this.#takeIn());
    if (problem !== undefined) return `behind kill ${this.#kills}, at step ${this.#steps}: ${problem}`;
    return this.#lookByReference(life);
  }

  /** Waits for the place of this life's kill; nothing for the last, which ends by itself. */
  async #untilKill({ process }: Child, life: number): Promise<Progress | undefined> {
    const { steps, kills } = this.#plan;
    if (life % LIVES_AN_OPENING_KILL === LIVES_AN_OPENING_KILL - 1 && life < kills) {
      await setTimeout(this.#random() * OPENING_MS);
      return readProgress(this.#order.progress);
    }
    const place =
      life === kills ? Number.POSITIVE_INFINITY : ((life + this.#random()) / kills) * steps * 0.95;
    let waitUntilMs = Number.POSITIVE_INFINITY;
    for (let poll = 0; process.exitCode === null && process.signalCode === null; poll++) {
      await setTimeout(POLL_MS);
      const progress = readProgress(this.#order.progress);
      if (poll % POLLS_A_COUNT === 0 && progress.steps > 0) {
        this.#count(process.pid!);
        this.#refresh();
      }
      if (progress.steps < place) continue;
      waitUntilMs = Math.min(waitUntilMs, performance.now() + (life % 2) * COMPACTION_WAIT_MS);
      if (progress.isCompacting === 0 && performance.now() < waitUntilMs) continue;
      await setTimeout(this.#random() * 3);
      return readProgress(this.#order.progress);
    }
    return undefined;
  }

  #count(pid: number): void {
    this.#filesMax = Math.max(this.#filesMax, readdirSync(this.#order.store).length);
    this.#descriptorsMax = Math.max(this.#descriptorsMax, countDescriptors(pid));
  }

  #refresh(): void {
    if (!this.#reader) return;
    this.#reader.refreshSync();
    this.#refreshes++;
  }

  /** Takes in what was acknowledged. Returns the records of the step that was cut short: some of them may be there. */
  #takeIn(): SoakRecord[] {
    const { seed, progress, end } = this.#order;
    const { steps, isCompacting, ...sums } = readProgress(progress);
    for (const field of ["compactions", "recordsMoved", "segmentsRemoved"] as const)
      this.#sums[field] += sums[field];
    for (; this.#steps < steps; this.#steps++)
      for (const record of recordsAt(seed, this.#steps)) this.#model.apply(record);
    return this.#steps < end ? recordsAt(seed, this.#steps) : [];
  }

  /** Holds the store, as the kill has left it, against the model. */
  #look(inFlight: SoakRecord[]): string | undefined {
    this.#looks++;
    using reader = DataWalReader.openSync(this.#order.store);
    const pairs = pairsOf(reader);
    let difference = this.#model.differenceTo(pairs);
    while (difference !== undefined && inFlight.length > 0) {
      this.#model.apply(inFlight.shift()!);
      difference = this.#model.differenceTo(pairs);
    }
    if (difference !== undefined) return difference;
    // A kill may tear a write; what the next open then cuts off stays beside the segment.
    const warnings = reader.recoveryReport().warnings.filter(({ kind }) => kind !== "quarantine-present");
    if (warnings.length > 0) return warnings.map(describeWarning).join();
    return this.#lookAtTxids(reader) ?? this.#lookAgain() ?? this.#lookAtBounds();
  }

  /** What a reader shows that has lived through all compactions and kills. */
  #lookAgain(): string | undefined {
    this.#reader ??= DataWalReader.openSync(this.#order.store);
    this.#refresh();
    const difference = this.#model.differenceTo(pairsOf(this.#reader));
    return difference === undefined ? undefined : `a reader that was refreshed: ${difference}`;
  }

  #lookAtTxids(reader: DataWalReader): string | undefined {
    let last = 0n;
    for (const { txid } of reader.scan()) {
      if (txid <= last) return `txid ${txid} follows ${last}`;
      last = txid;
    }
    if (last < this.#lastTxid) return `the last txid is ${last}, and was ${this.#lastTxid}`;
    this.#lastTxid = last;
    return undefined;
  }

  #lookAtBounds(): string | undefined {
    if (this.#filesMax > FILES_MAX) return `${this.#filesMax} files, expected ${FILES_MAX} at most`;
    if (this.#descriptorsMax <= DESCRIPTORS_MAX) return undefined;
    return `${this.#descriptorsMax} descriptors, expected ${DESCRIPTORS_MAX} at most`;
  }

  #lookByReference(life: number): string | undefined {
    const { kills, referenceLooks } = this.#plan;
    if (this.#referenceMissing !== undefined || this.#referenceLooks >= referenceLooks) return undefined;
    if (life % Math.max(1, Math.floor(kills / referenceLooks)) !== 0) return undefined;
    const seen = readByReference(this.#order.store);
    if (seen.skipped !== undefined) {
      this.#referenceMissing = seen.skipped;
      return undefined;
    }
    this.#referenceLooks++;
    const difference = this.#model.differenceTo(seen.pairs);
    return difference === undefined ? undefined : `the reference, behind kill ${this.#kills}: ${difference}`;
  }

  /** What a run has not done that it was for. */
  #missing(): string | undefined {
    const { kills, compactionsMin } = this.#plan;
    if (this.#kills < kills) return `expected ${kills} kills, came to ${this.#kills}`;
    const { compactions } = this.#sums;
    return compactions < compactionsMin
      ? `expected ${compactionsMin} compactions, found ${compactions}`
      : undefined;
  }

  #facts(): string[] {
    const { compactions, recordsMoved, segmentsRemoved } = this.#sums;
    const { referenceLooks } = this.#plan;
    return [
      `${this.#steps} operations, ${compactions} compactions (${recordsMoved} records moved, ${segmentsRemoved} segments removed), ${this.#kills} kills, ${this.#killsInCompaction} of them while a compaction was under way`,
      `at most ${this.#filesMax} files and ${this.#descriptorsMax} descriptors; the last txid is ${this.#lastTxid}; one reader was refreshed ${this.#refreshes} times`,
      `the reference opened it at ${this.#referenceLooks} of ${referenceLooks} points${this.#referenceMissing === undefined ? "" : `: ${this.#referenceMissing}`}`,
    ];
  }
}

function pairsOf(reader: DataWalReader): Map<number, Uint8Array> {
  return new Map([...reader].map(([key, value]) => [keyOf(key), value]));
}

function recordsAt(seed: number, place: number): SoakRecord[] {
  const step = soakStep(seed, place);
  return step.do === "write" ? [...step.records] : [];
}

/** Nothing was done where there is none yet. */
function readProgress(path: string): Progress {
  if (!existsSync(path))
    return { steps: 0, compactions: 0, recordsMoved: 0, segmentsRemoved: 0, isCompacting: 0 };
  using file = new ProgressFile(path, "r");
  return file.read();
}

/** 0 where the process has gone meanwhile. */
function countDescriptors(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  return existsSync(folder) ? readdirSync(folder).length : 0;
}
