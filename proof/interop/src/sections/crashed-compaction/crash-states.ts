import { posix } from "node:path";
import type { FileSystem } from "@datawal/safeatomic";
import { readFully } from "@datawal/safeatomic/internal";
import { crashEverywhere, createSimulatedDisk, type SimulatedDisk } from "@datawal/safeatomic/testing";
import { DataWal } from "datawal";
import type { Files } from "../../kit/store-files.js";
import { operationOf } from "../../sides/ours.js";
import type { SeenPair } from "../../sides/side.js";
import { batchChange, filled, KEYS, type Operation } from "../differential/operation.js";
import { pairsText, withChanges, withoutKey } from "./pairs.js";

/** A store as a crash of its compaction has left it. */
export interface CrashState {
  files: Files;
  /** The pairs that it may have, each as a text: what was acknowledged, or more. */
  allowed: readonly string[];
  /** What numbers the next record is at least above. */
  lastTxid: bigint;
}

export interface CutCompaction {
  /** What users do in between. */
  beside: readonly Operation[];
  minWasteRatio: number;
}

const STORE = "/store";
const STATES_PER_MOMENT = 12;

/** Fills a store, compacts it with users beside, and cuts the power before each change of the compaction. */
export async function crashStates(
  before: readonly Operation[],
  compaction: CutCompaction,
  random: () => number,
): Promise<CrashState[]> {
  const disk = createSimulatedDisk();
  const writer = new Writer(disk);
  for (const operation of before) writer.perform(operation);
  writer.close();
  const states = new Map<string, CrashState>();
  await crashEverywhere({
    disk,
    imagesPerMoment: STATES_PER_MOMENT,
    random,
    work: (fileSystem) => writer.compact(fileSystem, compaction),
    check: (found) => {
      const state = { files: filesOf(found), allowed: writer.allowed, lastTxid: writer.lastTxid };
      states.set(keyOf(state), state);
    },
  });
  return [...states.values()];
}

/** A store of ours, and what it is to have after each of its operations. */
class Writer {
  #store: DataWal;
  #pairs: SeenPair[] = [];
  #history = [pairsText([])];
  #ackedCount = 0;
  lastTxid = 0n;

  constructor(fileSystem: FileSystem) {
    this.#store = open(fileSystem);
  }

  get allowed(): string[] {
    return this.#history.slice(this.#ackedCount);
  }

  perform(operation: Operation): void {
    if (operation.do === "put") {
      const [key, value] = [KEYS[operation.key]!, filled(operation.value)];
      // Before the call: a crash within it may leave it done.
      this.#note([...withoutKey(this.#pairs, key), { key, value }]);
      this.#store.put(key, value);
    } else if (operation.do === "delete") {
      this.#note(withoutKey(this.#pairs, KEYS[operation.key]!));
      this.#store.delete(KEYS[operation.key]!);
    } else if (operation.do === "batch") {
      const changes = operation.changes.map(batchChange);
      this.#note(withChanges(this.#pairs, changes));
      this.#store.batch(changes.map(operationOf));
    } else if (operation.do === "compact") {
      this.#store.compactSync({ minWasteRatio: operation.share / 10 });
    } else {
      if (operation.do === "rotate") this.#store.rotateSync();
      else this.#store.fsyncSync();
      this.#acknowledge();
    }
  }

  close(): void {
    this.#store.closeSync();
    this.#acknowledge();
  }

  compact(fileSystem: FileSystem, { beside, minWasteRatio }: CutCompaction): void {
    this.#store = open(fileSystem);
    this.lastTxid = this.#store.recoveryReport().lastTxidSeen;
    // There is one compaction at a time.
    const operations = beside.filter((operation) => operation.do !== "compact");
    this.#store.compactSync({
      minWasteRatio,
      onProgress: () => {
        const operation = operations.shift();
        if (operation) this.perform(operation);
      },
    });
    this.close();
  }

  #note(pairs: SeenPair[]): void {
    this.#pairs = pairs;
    this.#history.push(pairsText(pairs));
  }

  #acknowledge(): void {
    this.#ackedCount = this.#history.length - 1;
  }
}

function open(fileSystem: FileSystem): DataWal {
  return DataWal.openSync(STORE, { fileSystem, segmentBytesMax: Number.POSITIVE_INFINITY });
}

function filesOf(disk: SimulatedDisk): Files {
  return new Map(disk.list(STORE).map(({ name }) => [name, bytesOf(disk, posix.join(STORE, name))]));
}

function bytesOf(disk: SimulatedDisk, path: string): Buffer {
  const file = disk.open(path, "read");
  try {
    const bytes = Buffer.alloc(file.stat().size);
    readFully(file, bytes, 0, bytes.length, 0);
    return bytes;
  } finally {
    file.close();
  }
}

/** Two cuts may leave the same bytes, and what may be demanded of them is then the same, too. */
function keyOf({ files, allowed }: CrashState): string {
  const texts = [...files].map(([name, bytes]) => `${name}:${bytes.toString("latin1")}`);
  return [allowed[0], ...texts].join("\n");
}
