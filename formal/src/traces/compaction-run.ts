import { basename, join } from "node:path";
import { decodeNext, RecordType } from "@datawal/format";
import { createSimulatedDisk, type SimulatedDisk } from "@datawal/safeatomic/testing";
import { DataWal, isRecordLogError } from "datawal";
import { seededRandom } from "../../../proof/crash/src/laboratory/seeded-random.js";
import type { ModelState } from "../checker.js";
import { specOf } from "../run-model.js";
import { Behaviours, type Possible } from "./behaviours.js";
import { STORE } from "./log-run.js";
import { unbounded } from "./slice.js";
import { Trace, type TraceCensus } from "./trace.js";
import { type Effect, tracing } from "./tracing-disk.js";

const SEGMENTS = 12;
const BOUNDS = {
  ...{ Calls: "99", PutsLater: "TRUE", Segments: String(SEGMENTS) },
  ...{ Runs: "9", Swaps: "0", Cuts: "9", Skips: "FALSE" },
};

const ALWAYS = () => true;
/** What nobody outside sees: decisions, and records that are passed over. */
const SILENT = { Choose: ALWAYS, End: ALWAYS, Skip: ALWAYS, Moved: ALWAYS, NothingToSync: ALWAYS };

export function compactionBehaviours(): Behaviours {
  return new Behaviours(unbounded(specOf("Compaction"), BOUNDS), SILENT);
}

/** The actions of Compaction.tla that an effect on a store may be. */
const ACTIONS: readonly (readonly [effect: RegExp, actions: readonly string[]])[] = [
  [/^lock\.writeNote/, ["Note"]],
  [/^fsyncDirectory(Sync)? /, ["SyncMarker", "SyncRemoval", "SyncRotation"]],
  [/^open \d+\.dwal$/, ["Rotate"]],
  [/^file\.append(Parts)? \d+\.dwal$/, ["Put", "Delete", "Move"]],
  [/^file\.fsync(Sync)? \d+\.dwal$/, ["Sync", "SyncMoved"]],
  [/^(open|file\.append(Parts)?) removed-segments\.new$/, ["WriteTemporary"]],
  [/^file\.fsync(Sync)? removed-segments\.new$/, ["SyncTemporary"]],
  [/^rename removed-segments\.new to removed-segments$/, ["NameVictim"]],
  [/^removeFile \d+\.dwal$/, ["RemoveVictim"]],
];

/** Runs of a store of pairs that is compacted in place, until there are so many distinct traces. */
export function collectCompactionTraces(
  census: TraceCensus,
  behaviours: Behaviours,
  count: number,
  seed: number,
): void {
  const random = seededRandom(seed);
  while (census.count < count && census.rejections.length === 0)
    new CompactionRun({ census, behaviours, random }, firstState(behaviours)).run(8);
}

interface Given {
  census: TraceCensus;
  behaviours: Behaviours;
  random: () => number;
}

interface RunState {
  disk: SimulatedDisk;
  possible: Possible;
  calls: number;
  cuts: number;
  trace: Trace;
}

function firstState(behaviours: Behaviours): RunState {
  const disk = createSimulatedDisk();
  DataWal.openSync(STORE, { fileSystem: disk }).closeSync();
  const possible = behaviours.step(behaviours.first(), ["Kill"], ALWAYS);
  return { disk, possible, calls: 0, cuts: 0, trace: new Trace([], new Set(["compaction"])) };
}

const SEGMENT_BYTES = 170;
const CUT_CHANCE = [0.12, 0.02];
const IMAGES = 3;

/** One process on a store of pairs, whose effects are followed through the model. */
class CompactionRun {
  readonly #given: Given;
  #state: RunState;
  #wal: DataWal | undefined;
  /** While it opens, the effects are RecordLog's: the model's one step is looked at when it is over. */
  #isOpening = false;
  #isRejected = false;
  #isBeginning = false;

  constructor(given: Given, state: RunState) {
    this.#given = given;
    this.#state = state;
  }

  run(operations: number): void {
    const { random, census } = this.#given;
    if (!this.#open()) return;
    for (let done = 0; done < operations && !this.#isRejected; done++) this.#use();
    this.#compact();
    if (!this.#isRejected && random() < 0.5) this.#use();
    if (!this.#isRejected) census.note(this.#state.trace);
  }

  /** @returns Whether it opens: a segment that begins with stale bytes of another file may be refused (disk-rules R6). */
  #open(): boolean {
    this.#isOpening = true;
    this.#step("the store is opened", ["Open"], ALWAYS);
    const fileSystem = tracing(this.#state.disk, (effect) => this.#see(effect));
    try {
      this.#wal = DataWal.openSync(STORE, { fileSystem, segmentBytesMax: SEGMENT_BYTES });
    } catch (error) {
      if (!isRecordLogError(error, "ERR_DATAWAL_NOT_A_SEGMENT")) throw error;
      return false;
    }
    this.#isOpening = false;
    this.#step("the store is open", ["Serve"], (state) => this.#holds(state));
    return true;
  }

  #use(): void {
    const { random } = this.#given;
    const wal = this.#wal!;
    const key = random() < 0.5 ? "1" : "2";
    const drawn = random();
    if (this.#isRejected || this.#segments().length === SEGMENTS) return;
    if (drawn < 0.2) wal.fsyncSync();
    else if (drawn < 0.4 && wal.has(Buffer.from(key))) this.#call(() => wal.delete(Buffer.from(key)));
    else this.#call((call) => wal.put(Buffer.from(key), Uint8Array.of(call)));
  }

  #call(make: (call: number) => void): void {
    this.#state = { ...this.#state, calls: this.#state.calls + 1 };
    make(this.#state.calls);
  }

  #compact(): void {
    if (this.#isRejected || Math.max(...this.#segments()) > SEGMENTS - 4) return;
    // It seals the active segment before it begins, where that holds waste.
    this.#isBeginning = true;
    this.#wal!.compactSync({ onProgress: () => this.#given.random() < 0.2 && this.#use() });
    this.#isBeginning = false;
  }

  /** A call that the power interrupts before it has appended is none. */
  get #callsSeen(): number {
    return Number(BOUNDS.Calls) - (this.#state.possible[0]!.state.left as { calls: number }).calls;
  }

  #see(effect: Effect): void {
    if (this.#isRejected || !effect.path.startsWith(STORE)) return;
    const { operation, path, to } = effect;
    const what = `${operation} ${basename(path)}${to ? ` to ${basename(to)}` : ""}`;
    if (this.#isOpening) {
      this.#step(what, ["Recover"], ALWAYS);
      return;
    }
    const actions = ACTIONS.find(([pattern]) => pattern.test(what))?.[1] ?? [];
    this.#step(what, actions, (state) => this.#holds(state));
    const { cuts } = this.#state;
    if (!this.#isRejected && cuts < CUT_CHANCE.length && this.#given.random() < CUT_CHANCE[cuts]!)
      this.#cut();
  }

  #cut(): void {
    const images = [...this.#state.disk.crashImages({ limit: 24, random: this.#given.random })];
    for (let taken = 0; taken < IMAGES && images.length > 0; taken++) {
      const [image] = images.splice(Math.floor(this.#given.random() * images.length), 1);
      const state = {
        ...this.#state,
        disk: image!.mount(),
        cuts: this.#state.cuts + 1,
        calls: this.#callsSeen,
      };
      const after = new CompactionRun(this.#given, state);
      after.#step("the power is cut", ["PowerCut"], (each) => after.#holds(each));
      if (!after.#isRejected) after.run(2);
    }
  }

  #step(what: string, actions: readonly string[], holds: (state: ModelState) => boolean): void {
    if (this.#isRejected) return;
    const { behaviours, census } = this.#given;
    const trace = this.#state.trace.with(this.#isOpening ? what : `${what}: ${this.#shownText()}`);
    const { possible: before } = this.#state;
    // A compaction that was called may have begun by now.
    const begun = this.#isBeginning ? behaviours.step(before, ["Begin"], ALWAYS) : [];
    const possible = behaviours.step([...before, ...begun], actions, holds);
    if (possible.length === 0) {
      this.#isRejected = true;
      census.rejections.push({ what, actions, trace });
    }
    this.#state = { ...this.#state, possible, trace };
  }

  /** Whether a state of the model shows what the disk shows: segments, and the records of each. */
  #holds(state: ModelState): boolean {
    const there = (state.there as { shown: number[] }).shown;
    const segs = (state.segs as { __tuple: ModelRecord[][] }).__tuple;
    const found = this.#segments();
    if (`${[...there].sort((a, b) => a - b)}` !== `${found}`) return false;
    return found.every((segment) => textOf(segs[segment - 1]!) === textOf(this.#records(segment)));
  }

  #segments(): number[] {
    const names = this.#state.disk.list(STORE).flatMap(({ name }) => /^(\d{8})\.dwal$/.exec(name)?.[1] ?? []);
    return names.map(Number).sort((a, b) => a - b);
  }

  #records(segment: number): ModelRecord[] {
    const bytes = this.#read(`${String(segment).padStart(8, "0")}.dwal`);
    const records: ModelRecord[] = [];
    for (let at = 0; ; ) {
      const decoded = decodeNext(bytes, at);
      if (decoded.kind !== "record") return records;
      const { type, txid, key, payload } = decoded;
      const value = type === RecordType.Put ? payload[0]! : 0;
      records.push({ txid: Number(txid), key: Number(Buffer.from(key).toString()), value });
      at = decoded.end;
    }
  }

  #read(name: string): Uint8Array {
    const file = this.#state.disk.open(join(STORE, name), "read");
    const bytes = new Uint8Array(file.stat().size);
    file.readAt(bytes, 0, bytes.length, 0);
    file.close();
    return bytes;
  }

  #shownText(): string {
    return this.#segments()
      .map((segment) => `${segment}[${textOf(this.#records(segment))}]`)
      .join(" ");
  }
}

interface ModelRecord {
  txid: number;
  key: number;
  value: number;
}

function textOf(records: readonly ModelRecord[]): string {
  const sorted = [...records].sort((a, b) => a.txid - b.txid);
  return sorted.map(({ txid, key, value }) => `${txid}:${key}=${value}`).join(" ");
}
