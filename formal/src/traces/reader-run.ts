import { RecordType } from "@datawal/format";
import { isRecordLogError, RecordLogReader, type ReplayRecord } from "@datawal/record-log";
import { seededRandom } from "../../../proof/crash/src/laboratory/seeded-random.js";
import type { ModelState } from "../checker.js";
import { specOf } from "../run-model.js";
import { Behaviours, type Possible } from "./behaviours.js";
import { CALLS, film, type Scene, SEGMENTS, STORE } from "./film.js";
import { FilmDisk, type Watch } from "./film-disk.js";
import { unbounded } from "./slice.js";
import { Trace, type TraceCensus } from "./trace.js";

/** Bounds that no trace reaches. */
const BOUNDS = {
  ...{ Kind: '"pairs"', Keys: "{1, 2}", Calls: String(CALLS), Segments: String(SEGMENTS) },
  ...{ Removals: "99", Repairs: "99", Replaced: "1", Refreshes: "99" },
};

/** What nobody sees: a marker that names nothing that is there. */
const SILENT = { Prune: (state: ModelState) => (state.writer as { is: string }).is === "prune" };

export function readerBehaviours(): Behaviours {
  return new Behaviours(unbounded(specOf("ReadWhileWrite"), BOUNDS), SILENT);
}

/** So many readers look at each film. */
const READERS = 12;

/** Readers beside films of a writer, until there are so many distinct traces. */
export function collectReaderTraces(
  census: TraceCensus,
  behaviours: Behaviours,
  count: number,
  seed: number,
): void {
  const random = seededRandom(seed);
  while (census.count < count && census.rejections.length === 0) {
    const scenes = film(random);
    for (let reader = 0; reader < READERS && census.rejections.length === 0; reader++)
      new ReaderRun({ census, behaviours, random }, scenes).run();
  }
}

interface Given {
  census: TraceCensus;
  behaviours: Behaviours;
  random: () => number;
}

interface ReaderState {
  is: string;
  toLook: number[];
  listed: number[];
  read: number[];
  view: { __tuple: number[] };
}

const REFRESHES = 2;
/** What nobody sees either, and what it has to come before: in a compaction, and where a look is given up for another. */
const BEFORE = [
  { hidden: "Begin", begins: ["Move", "SyncMoved", "Name"], isWriters: true },
  { hidden: "SyncMoved", begins: ["Name"], isWriters: true },
  { hidden: "LookAgain", begins: ["ReadMarker"], isWriters: false },
];

/** One reader, whose calls are followed through the model, with the writer's in between. */
class ReaderRun implements Watch {
  readonly #given: Given;
  readonly #scenes: readonly Scene[];
  readonly #replayed = new Replayed();
  #index = 0;
  #possible: Possible;
  #trace = new Trace([], new Set(["reader"]));
  #isRejected = false;
  #hasLookedAtDirectory = false;
  #toLook = new Set<number>();
  #found = new Set<number>();

  constructor(given: Given, scenes: readonly Scene[]) {
    this.#given = given;
    this.#scenes = scenes;
    this.#possible = given.behaviours.first();
  }

  run(): void {
    const { random, census } = this.#given;
    this.#goOn(Math.floor(random() * this.#scenes.length * 0.7));
    const disk = new FilmDisk(() => this.#scenes[this.#index]!, this, random);
    try {
      this.#step("a reader is opened", ["Start"]);
      const { callbacks } = this.#replayed;
      const reader = RecordLogReader.openSync(STORE, { fileSystem: disk.port(), ...callbacks });
      this.#shows();
      for (let done = 0; done < REFRESHES && !this.#isRejected; done++) {
        this.#goOn(Math.floor(random() * 8));
        this.#step("it looks again", ["Refresh"]);
        reader.refreshSync();
        this.#shows();
      }
    } catch (error) {
      if (!isRecordLogError(error)) throw error;
      this.#step(`it ends with ${error.code}`, ["GiveUp"]);
    }
    if (!this.#isRejected) census.note(this.#trace);
  }

  looks(): void {
    this.#hasLookedAtDirectory = false;
    this.#toLook = new Set(Array.from({ length: SEGMENTS }, (_, index) => index + 1));
    this.#found = new Set();
  }

  looked(segment: number, isThere: boolean): void {
    this.#toLook.delete(segment);
    if (isThere) this.#found.add(segment);
    const holds = (state: ModelState) => {
      const { is, toLook, listed } = readerOf(state);
      return is === "read" || (isSame(toLook, this.#toLook) && isSame(listed, this.#found));
    };
    const what = `it looks for ${segment}: ${isThere ? "there" : "not there"}`;
    this.#step(what, ["Look", "LookBehind"], holds);
    this.#goOnPerhaps();
  }

  listed(): void {
    this.#step("it has listed", ["Listed", "LookBehind"]);
  }

  looksAtDirectory(): void {
    this.#hasLookedAtDirectory = true;
  }

  readsMarker(): void {
    if (this.#is("same") && this.#hasLookedAtDirectory)
      this.#step("it is the directory", ["RequireSame", "LookBehind"]);
    this.#goOnPerhaps();
    this.#step("it reads the marker", ["ReadMarker", "MarkerAgain", "LookBehind"]);
    this.#hasLookedAtDirectory = false;
  }

  /** One that is opened to prove what is known is none of those that are to be read. */
  opens(segment: number): boolean {
    if (this.#is("prove")) this.#step("it proves what it knows", ["Prove", "LookBehind"]);
    const isReading = this.#isReading((listed) => Math.min(...listed) === segment);
    if (isReading) this.#goOnPerhaps();
    return isReading;
  }

  missed(segment: number): void {
    this.#step(`it finds no ${segment}`, ["Read"], (state) => readerOf(state).is === "begin");
  }

  hasRead(segment: number): void {
    this.#step(`it has read ${segment}`, ["Read"], (state) => {
      const { is, read, listed } = readerOf(state);
      return is === "begin" || (read.includes(segment) && !listed.includes(segment));
    });
    if (this.#isReading((listed) => listed.length === 0)) this.#goOnPerhaps();
  }

  /** What it shows is what the model says, and what the store was at some moment of its look. */
  #shows(): void {
    const pairs = this.#replayed.whole();
    this.#step(`it shows ${pairs}`, ["Finish"], (state) => {
      const { is, view } = readerOf(state);
      return is === "done" && `${view.__tuple}` === `${pairs}`;
    });
  }

  #is(what: string): boolean {
    return this.#possible.some(({ state }) => readerOf(state).is === what);
  }

  #isReading(holds: (listed: number[]) => boolean): boolean {
    return this.#possible.some(({ state }) => readerOf(state).is === "read" && holds(readerOf(state).listed));
  }

  #goOnPerhaps(): void {
    const { random } = this.#given;
    if (random() < 0.25) this.#goOn(1 + Math.floor(random() * random() * 8));
  }

  /** Shows so many scenes of the film. */
  #goOn(count: number): void {
    for (let shown = 0; shown < count && this.#index < this.#scenes.length - 1; shown++) {
      const scene = this.#scenes[++this.#index]!;
      this.#step(scene.what, scene.actions, (state) => showsSame(state, scene));
    }
  }

  #step(what: string, actions: readonly string[], holds = (_: ModelState) => true): void {
    if (this.#isRejected) return;
    const { behaviours, census } = this.#given;
    this.#trace = this.#trace.with(what);
    let before = this.#possible;
    for (const { hidden, begins, isWriters } of BEFORE) {
      if (isWriters && !this.#scenes[this.#index]!.isCompacting) continue;
      if (!begins.some((action) => actions.includes(action))) continue;
      before = [...before, ...behaviours.step(before, [hidden], () => true)];
    }
    this.#possible = behaviours.step(before, actions, holds);
    if (this.#possible.length > 0) return;
    this.#isRejected = true;
    census.rejections.push({ what, actions, trace: this.#trace });
  }
}

function readerOf(state: ModelState): ReaderState {
  return state.reader as ReaderState;
}

function isSame(found: readonly number[], meant: ReadonlySet<number>): boolean {
  return found.length === meant.size && found.every((each) => meant.has(each));
}

const shownTexts = new WeakMap<ModelState, string>();

/** Whether the model's segments are the film's. */
function showsSame(state: ModelState, { segments }: Scene): boolean {
  const text = shownTexts.get(state) ?? textOf(state);
  shownTexts.set(state, text);
  return text === JSON.stringify([...segments]);
}

interface ModelRecord {
  txid: number;
  key: number;
  value: number;
}

function textOf({ names, store, files }: ModelState): string {
  const inStore = (names as { __tuple: { __tuple: number[] }[] }).__tuple[(store as number) - 1]!.__tuple;
  const all = (files as { __tuple: ModelRecord[][] }).__tuple;
  const shown = inStore.flatMap((file, index) => {
    if (file === 0) return [];
    const records = all[file - 1]!.toSorted((a, b) => a.txid - b.txid);
    return [[index + 1, records.map(({ txid, key, value }) => `${txid}:${key}=${value}`).join(" ")]];
  });
  return JSON.stringify(shown);
}

/** What a reader of pairs makes of what is replayed to it, by segment: as `DataWalReader` does. */
class Replayed {
  #records = new Map<number, ModelRecord[]>();
  #removed: number[] = [];

  readonly callbacks = {
    replay: ({ segment, type, txid, key, payload }: ReplayRecord) => {
      const value = type === RecordType.Put ? payload[0]! : 0;
      const record = { txid: Number(txid), key: Number(Buffer.from(key).toString()), value };
      this.#records.set(segment, [...(this.#records.get(segment) ?? []), record]);
    },
    onReset: () => {
      this.#records.clear();
      this.#removed = [];
    },
    onRemoved: (segments: readonly number[]) => {
      this.#removed.push(...segments);
    },
  };

  /** The values of the keys, 0 where there is none. */
  whole(): number[] {
    for (const segment of this.#removed.splice(0)) this.#records.delete(segment);
    const records = [...this.#records.values()].flat().sort((a, b) => a.txid - b.txid);
    return [1, 2].map((key) => records.findLast((record) => record.key === key)?.value ?? 0);
  }
}
