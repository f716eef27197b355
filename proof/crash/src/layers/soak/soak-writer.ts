// A process that takes the steps of a soak, from one of them on, until it is killed or has taken the last.
import { channel } from "node:diagnostics_channel";
import { setImmediate } from "node:timers/promises";
import { type FileSystem, nodeFileSystem } from "@datawal/safeatomic";
import { type CompactionInPlaceResult, DataWal } from "datawal";
import { Meter } from "../../long-soak/meter.js";
import { SoakModel } from "./soak-model.js";
import { ProgressFile } from "./soak-progress.js";
import { keyBytes, type SoakRecord, type SoakStep, soakStep, valueBytes } from "./soak-step.js";

export interface SoakOrder {
  store: string;
  /** Where it tells what it has done. */
  progress: string;
  seed: number;
  /** The first step to take, and the one behind the last. */
  first: number;
  end: number;
  /** What is wrong with this writer or its disk, to see that it is noticed. */
  plant: Plant;
}

export type Plant =
  | "none"
  | "acknowledges-what-it-does-not-write"
  | "has-every-second-removed-segment-back"
  | "leaks-memory";

/** Small, so that there are many: some hundred live keys in each. */
const SEGMENT_BYTES_MAX = 32 * 1024;
const WASTE_BYTES_MIN = 256 * 1024;
/** In between a compaction goes on. */
const STEPS_A_TURN = 16;
/** Of each step, where it leaks. */
const LEAKED_BYTES = 4_096;

class Writer {
  readonly #order: SoakOrder;
  readonly #store: DataWal;
  readonly #progress: ProgressFile;
  readonly #model = new SoakModel();
  readonly #told = { steps: 0, compactions: 0, recordsMoved: 0, segmentsRemoved: 0, isCompacting: 0 };
  /** Only for whoever wants to know. */
  readonly #meter: Meter | undefined;
  readonly #leaked: Uint8Array[] = [];
  #compacting: Promise<void> = Promise.resolve();

  constructor(order: SoakOrder, store: DataWal, progress: ProgressFile) {
    this.#meter = process.send && new Meter(order.store);
    this.#order = order;
    this.#store = store;
    this.#progress = progress;
    this.#model.takeIn(store);
  }

  async run(): Promise<void> {
    // Asked for or not; what fails by itself is told here alone.
    const listener = (message: unknown) => {
      const { result, error } = message as { result?: CompactionInPlaceResult; error?: unknown };
      if (error !== undefined) throw error;
      this.#count(result!);
    };
    const compactions = channel("datawal:compaction");
    compactions.subscribe(listener);
    const { seed, first, end } = this.#order;
    for (let place = first; place < end; place++) {
      this.#meter?.begin();
      await this.#take(soakStep(seed, place), place);
      this.#meter?.end();
      if (this.#order.plant === "leaks-memory") this.#leaked.push(new Uint8Array(LEAKED_BYTES).fill(place));
      this.#told.steps = place + 1;
      this.#progress.write(this.#told);
      if (place % STEPS_A_TURN === 0) await setImmediate();
    }
    await this.#compacting;
    // Ends one that is under way, which is told as a failure.
    compactions.unsubscribe(listener);
    await this.#store.close();
  }

  async #take(step: SoakStep, place: number): Promise<void> {
    switch (step.do) {
      case "write":
        if (this.#order.plant === "acknowledges-what-it-does-not-write" && place % 100 === 0) return;
        return this.#write(step.records);
      case "read": {
        const difference = this.#model.differenceAt(step.key, this.#store.get(keyBytes(step.key)));
        if (difference !== undefined) throw new Error(`step ${place} reads: ${difference}`);
        return;
      }
      case "fsync":
        return await this.#store.fsync();
      case "fsyncSync":
        return this.#store.fsyncSync();
      case "compact":
        await this.#compacting;
        this.#compacting = this.#compact(step.minWasteRatio);
    }
  }

  #write(records: readonly SoakRecord[]): void {
    for (const record of records) this.#model.apply(record);
    const [record] = records;
    if (records.length > 1) this.#store.batch(records.map(operationOf));
    else if (record!.isPut) this.#store.put(keyBytes(record!.key), valueBytes(record!));
    else this.#store.delete(keyBytes(record!.key));
  }

  async #compact(minWasteRatio: number): Promise<void> {
    this.#told.isCompacting = 1;
    await this.#store.compact({ minWasteRatio });
    this.#told.isCompacting = 0;
  }

  #count(result: CompactionInPlaceResult): void {
    const { recordsMoved, segmentsRemoved } = result;
    if (segmentsRemoved.length === 0) return;
    this.#told.compactions++;
    this.#told.recordsMoved += recordsMoved;
    this.#told.segmentsRemoved += segmentsRemoved.length;
  }
}

function operationOf(record: SoakRecord) {
  const key = keyBytes(record.key);
  if (!record.isPut) return { type: "delete" as const, key };
  return { type: "put" as const, key, value: valueBytes(record) };
}

/** A disk on which some of the segments that are removed stay. */
const KEEPS_SEGMENTS: FileSystem = {
  ...nodeFileSystem,
  removeFile: (path) => {
    if (!/[13579]\.dwal$/.test(path)) nodeFileSystem.removeFile(path);
  },
};

async function main(): Promise<void> {
  // Whoever started this process has gone.
  process.stdin.on("end", () => process.exit(0)).resume();
  const order = JSON.parse(process.argv[2]!) as SoakOrder;
  const store = await DataWal.open(order.store, {
    segmentBytesMax: SEGMENT_BYTES_MAX,
    autoCompact: { minWasteBytes: WASTE_BYTES_MIN },
    fileSystem: order.plant === "has-every-second-removed-segment-back" ? KEEPS_SEGMENTS : nodeFileSystem,
    recover: "strict",
  });
  using progress = new ProgressFile(order.progress, "w");
  await new Writer(order, store, progress).run();
  process.stdin.destroy();
}

await main();
