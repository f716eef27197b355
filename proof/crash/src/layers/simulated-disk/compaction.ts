import { join } from "node:path";
import { isRightAnswer, OracleViolation } from "@datawal/oracle";
import type { PortOperation } from "@datawal/safeatomic/testing";
import { type DataWal, isRecordLogError, RecordLog, RecordType } from "datawal";
import type { Operation } from "./operations.js";
import { STORE } from "./store-path.js";
import type { World } from "./world.js";

/** What is done to a store of pairs before it is compacted, and by its users while it is. */
const USES: Readonly<Record<string, (world: World, wal: DataWal) => void>> = {
  ...forEachKey("put", (world, key) => world.append(RecordType.Put, key, 40)),
  ...forEachKey("delete", (world, key) => world.append(RecordType.Delete, key, 0)),
  batch: (world) => world.appendMany(),
  group: (world) =>
    world.appendGroup([
      [RecordType.Put, "a", 40],
      [RecordType.Delete, "b", 0],
      [RecordType.Put, "c", 5],
    ]),
  "group-put-b": (world) =>
    world.appendGroup([
      [RecordType.Put, "b", 40],
      [RecordType.Put, "b", 30],
    ]),
  sync(world, wal) {
    wal.fsyncSync();
    world.history.acknowledge();
  },
  seal(world, wal) {
    wal.rotateSync();
    world.history.acknowledge();
  },
};

/** Ends a compaction, too. */
const ENDS: typeof USES = {
  abort() {
    throw GIVEN_UP;
  },
  close(world, wal) {
    wal.closeSync();
    world.history.acknowledge();
    world.log = undefined;
  },
};

const GIVEN_UP = new Error("given up");

function forEachKey(name: string, use: (world: World, key: string) => void): typeof USES {
  return Object.fromEntries([..."abc"].map((key) => [`${name}-${key}`, (world: World) => use(world, key)]));
}

export const USE_NAMES = Object.keys(USES);
export const END_NAMES = Object.keys(ENDS);

/** One compaction in place, as its name tells it. */
interface Plan {
  isAsync: boolean;
  minWasteRatio: number;
  /** Behind so many changes of the disk the process is killed. */
  changesLeft: number;
  /** Done between its pieces, one at a time; while an asynchronous one syncs, too. */
  beside: string[];
}

const PLAN = /^compact(-async)?(?:-(\d+)%)?(?:!(\d+))?((?:\+[a-z-]+)*)$/;

/** A use of a store of pairs, or `compact`, perhaps `-async`, the least waste, the kill, and its users: `compact-50%!9+put-a+sync`. */
export function pairOperation(name: string): Operation | undefined {
  if (name === "raw") return appendRaw;
  if (name === "empty") return sealEmpty;
  const use = USES[name];
  if (use) return async (world) => use(world, (await world.opened()) as DataWal);
  const match = PLAN.exec(name);
  if (!match) return undefined;
  const beside = match[4]!.split("+").slice(1);
  const plan = {
    isAsync: match[1] !== undefined,
    minWasteRatio: Number(match[2] ?? 0) / 100,
    changesLeft: Number(match[3] ?? Number.POSITIVE_INFINITY),
    beside,
  };
  return async (world) => {
    const wal = (await world.opened()) as DataWal;
    if (wal.isPoisoned) return;
    const run = new Run(world, wal, plan);
    await run.make();
  };
}

/** A record that is no part of a store of pairs, and that no compaction may lose. */
async function appendRaw(world: World): Promise<void> {
  (await world.opened()).closeSync();
  const log = RecordLog.openSync(STORE, { fileSystem: world.fileSystem });
  world.log = log;
  world.append(RecordType.Raw, "", 20);
  log.closeSync();
  world.log = undefined;
  world.history.acknowledge();
}

/** An empty segment, as other programs leave one that rotate when there is nothing. */
async function sealEmpty(world: World): Promise<void> {
  await world.opened();
  world.log!.closeSync();
  world.log = undefined;
  world.fileSystem.open(join(STORE, "00000002.dwal"), "create").close();
  world.fileSystem.fsyncDirectorySync(STORE);
}

/** The same on this thread. */
export function compactNow(world: World, ...beside: string[]): void {
  const plan = { isAsync: false, minWasteRatio: 0, changesLeft: Number.POSITIVE_INFINITY, beside };
  new Run(world, world.log as DataWal, plan).makeSync();
}

class Run {
  readonly #world: World;
  readonly #wal: DataWal;
  readonly #plan: Plan;
  readonly #left: string[];
  readonly #exports: Promise<void>[] = [];
  #isOver = false;

  constructor(world: World, wal: DataWal, plan: Plan) {
    this.#world = world;
    this.#wal = wal;
    this.#plan = plan;
    this.#left = [...plan.beside];
  }

  async make(): Promise<void> {
    if (!this.#plan.isAsync) return this.makeSync();
    this.#begin();
    let error: unknown;
    try {
      await this.#wal.compact(this.#options);
      await Promise.all(this.#exports);
    } catch (thrown) {
      error = thrown;
    }
    this.#end(error);
  }

  makeSync(): void {
    this.#begin();
    let error: unknown;
    try {
      this.#wal.compactSync(this.#options);
    } catch (thrown) {
      error = thrown;
    }
    this.#end(error);
  }

  get #options() {
    const { minWasteRatio } = this.#plan;
    return { minWasteRatio, onProgress: () => this.#useNext() };
  }

  #begin(): void {
    const onCall = ({ operation }: { operation: PortOperation }) => {
      // Behind the call, while its caller waits.
      if (ASYNC_SYNCS.has(operation)) queueMicrotask(() => this.#useMeanwhile());
    };
    this.#world.compaction = { changesLeft: this.#plan.changesLeft, onCall };
  }

  #end(error: unknown): void {
    const world = this.#world;
    this.#isOver = true;
    world.noteMoved();
    const { broken, changesLeft } = world.compaction!;
    world.compaction = undefined;
    if (broken) throw broken;
    if (changesLeft < 0) {
      world.kill();
      return;
    }
    const isEnded = error === GIVEN_UP || (!world.log && isRecordLogError(error, "ERR_DATAWAL_CLOSED"));
    if (error !== undefined && !isEnded) throw error;
    const hasRaw = world.history.appended.some(({ type }) => type === RecordType.Raw);
    if (error === undefined && !hasRaw && this.#plan.beside.length === 0 && this.#plan.minWasteRatio === 0)
      this.#requireNoWaste();
  }

  #requireNoWaste(): void {
    const { deadBytes, tombstoneBytes } = this.#wal.stats();
    if (deadBytes === 0 && tombstoneBytes <= TOMBSTONE_BYTES) return;
    const facts = `${deadBytes} bytes of dead Puts and ${tombstoneBytes} bytes of tombstones are left`;
    throw new OracleViolation("9 compaction", facts);
  }

  #useNext(): void {
    const world = this.#world;
    if (!world.log) return;
    world.noteMoved();
    // What a get has opened an export would read, too, were it removed.
    if (!this.#plan.beside.includes("export"))
      isRightAnswer(world.history.appended, (key) => this.#wal.get(key));
    const name = this.#left.shift();
    if (name === "export") this.#exports.push(this.#export());
    else if (name !== undefined) (USES[name] ?? ENDS[name])!(world, this.#wal);
  }

  /** Reads at its leisure what the compaction is about to remove. */
  async #export(): Promise<void> {
    const target = this.#world.publication("exported");
    const onProgress = async () => {
      for (let turn = 0; turn < EXPORT_TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
    };
    await this.#wal.exportJsonl(target.path, { onProgress });
    target.isAcknowledged = true;
  }

  #useMeanwhile(): void {
    if (this.#isOver || this.#wal.isPoisoned) return;
    try {
      this.#useNext();
    } catch (error) {
      const { compaction } = this.#world;
      if (error !== GIVEN_UP && compaction && compaction.changesLeft >= 0) compaction.broken ??= error;
    }
  }
}

/** Between two pieces of an export: more than the compaction takes to remove a segment. */
const EXPORT_TURNS = 50;

/** Of a key of one byte: what was the newest record is no more once others were moved behind it. */
const TOMBSTONE_BYTES = 29;

const ASYNC_SYNCS: ReadonlySet<PortOperation> = new Set<PortOperation>(["file.fsync", "fsyncDirectory"]);
