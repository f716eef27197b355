import { basename, join } from "node:path";
import { isRecordLogError, RecordLog } from "@datawal/record-log";
import type { SimulatedDisk } from "@datawal/safeatomic/testing";
import type { ModelState } from "../checker.js";
import type { Behaviours, Possible } from "./behaviours.js";
import { type Cell, cellsIn, cellsLeft, isGroupHead } from "./cells.js";
import { actionsFor } from "./log-actions.js";
import type { Trace, TraceCensus } from "./trace.js";
import { type Effect, tracing } from "./tracing-disk.js";

export const STORE = "/store";

/** A segment: its frames as shown, and those that the disk may have: as they were at the last sync, or write-back that failed. */
interface Layout {
  shown: readonly Cell[];
  onDisk: readonly Cell[];
}

/** What one process, and those before it, knew and did: what the next one begins with. */
export interface LogRunState {
  disk: SimulatedDisk;
  possible: Possible;
  layouts: ReadonlyMap<number, Layout>;
  /** The model's number of each frame, by its bytes. */
  codes: ReadonlyMap<string, number>;
  calls: number;
  cuts: number;
  trace: Trace;
}

export interface LogRunOptions {
  behaviours: Behaviours;
  census: TraceCensus;
  random: () => number;
  /** Whether the power is to be cut behind this effect, and in how many ways. */
  cutsAt(effect: Effect, state: LogRunState): number;
  /** What follows a power cut. */
  afterCut(run: LogRun): void;
}

/** One process on a log, whose effects are followed through the model. */
export class LogRun {
  readonly options: LogRunOptions;
  #state: LogRunState;
  #expected: number[] = [];
  #log: RecordLog | undefined;
  #isRejected = false;

  constructor(state: LogRunState, options: LogRunOptions) {
    this.#state = state;
    this.options = options;
  }

  get isRejected(): boolean {
    return this.#isRejected;
  }

  get log(): RecordLog {
    return this.#log!;
  }

  get random(): () => number {
    return this.options.random;
  }

  get hasRotated(): boolean {
    return this.#state.layouts.size > 1;
  }

  get isEmpty(): boolean {
    return this.#state.layouts.get(this.#last)!.shown.length === 0;
  }

  get unsynced(): number {
    const { shown, onDisk } = this.#state.layouts.get(this.#last)!;
    return shown.length - onDisk.length;
  }

  /** @returns Whether the log opens: one whose beginning is stale bytes of another file may be refused (disk-rules R6). */
  openSync(): boolean {
    try {
      this.#log = RecordLog.openSync(STORE, {
        fileSystem: tracing(this.#state.disk, (effect) => this.#see(effect)),
      });
    } catch (error) {
      if (!isRecordLogError(error, "ERR_DATAWAL_NOT_A_SEGMENT")) throw error;
      return false;
    }
    const shown = [...this.#log.scan()].map(({ txid }) => this.#codeOfTxid(txid));
    this.#step(
      "the log is open",
      ["Serve"],
      (state) => isSame(listOf(state.log), shown) && this.#holds(state),
    );
    return true;
  }

  append(payloadLen: number): void {
    this.#expected = [10 * this.#nextCall()];
    this.log.append(payloadOf(this.#state.calls, payloadLen));
  }

  appendGroup(payloadLens: readonly [number, number]): void {
    const call = 10 * this.#nextCall();
    this.#expected = [call + 1, call + 2, call + 3];
    this.log.appendGroup(
      payloadLens.map((len, index) => ({
        type: 0,
        key: new Uint8Array(),
        payload: payloadOf(this.#state.calls * 7 + index, len),
      })),
    );
    this.#note("group");
  }

  /** The kernel fails to write what waits. */
  failWriteBack(): void {
    this.#state.disk.failWriteBack(this.#path(this.#last));
    const { shown } = this.#state.layouts.get(this.#last)!;
    this.#setLayout(this.#last, { shown, onDisk: shown });
    this.#step("a write-back fails", ["WriteBackFails"], (state) => this.#holds(state));
  }

  evict(): void {
    const { disk } = this.#state;
    disk.evict(this.#path(this.#last));
    const { shown, onDisk } = this.#state.layouts.get(this.#last)!;
    const left = cellsLeft(this.#bytes(this.#last), shown, onDisk);
    if (left.every(({ code }, index) => code === shown[index]!.code)) return;
    this.#setLayout(this.#last, { shown: left, onDisk });
    this.#step("the kernel drops what it calls written", ["Evict"], (state) => this.#holds(state));
  }

  kill(): void {
    this.#state.disk.killProcess();
    this.#log = undefined;
    this.#step("the process is killed", ["Kill"], (state) => this.#holds(state));
  }

  close(): void {
    this.log.closeSync();
    this.#log = undefined;
  }

  /** The run is over: its trace counts. */
  end(): void {
    if (!this.#isRejected) this.options.census.note(this.#state.trace);
  }

  #nextCall(): number {
    this.#state = { ...this.#state, calls: this.#state.calls + 1 };
    return this.#state.calls;
  }

  #see(effect: Effect): void {
    if (this.#isRejected || !effect.path.startsWith(STORE)) return;
    this.#followBytes(effect);
    const { operation, path, to, failed } = effect;
    const what = `${operation} ${basename(path)}${to ? ` to ${basename(to)}` : ""}${failed ? " fails" : ""}`;
    this.#step(what, actionsFor(effect), (state) => this.#holds(state));
    const count = this.#isRejected ? 0 : this.options.cutsAt(effect, this.#state);
    if (count > 0) this.#cut(count);
  }

  #followBytes({ operation, path, sizes }: Effect): void {
    const segment = segmentOf(path);
    if (segment === undefined) return;
    const layout = this.#state.layouts.get(segment) ?? { shown: [], onDisk: [] };
    const { shown } = layout;
    if (operation === "open") this.#setLayout(segment, { shown: [], onDisk: [] });
    else if (operation === "file.truncate")
      this.#setLayout(segment, { ...layout, shown: shown.filter(({ end }) => end <= sizes![1]) });
    else if (operation === "file.append" || operation === "file.appendParts") {
      const added = cellsIn(this.#bytes(segment), sizes![0], (frame) => this.#codeOf(frame));
      this.#setLayout(segment, { ...layout, shown: [...shown, ...added] });
    } else this.#setLayout(segment, { shown, onDisk: shown });
  }

  #codeOf(frame: Uint8Array): number {
    const text = Buffer.from(frame).toString("latin1");
    const known = this.#state.codes.get(text);
    if (known !== undefined) return known;
    const code = this.#expected.shift()!;
    this.#state = { ...this.#state, codes: new Map([...this.#state.codes, [text, code]]) };
    if (isGroupHead(frame) !== (code % 10 === 1))
      throw new Error(`expected the head of a group in cell ${code}`);
    return code;
  }

  #codeOfTxid(txid: bigint): number {
    for (const { shown } of this.#state.layouts.values())
      for (const { code, bytes } of shown) if (code > 0 && txidOf(bytes) === txid) return code;
    return -1;
  }

  #step(what: string, actions: readonly string[], holds: (state: ModelState) => boolean): void {
    if (this.#isRejected) return;
    const { behaviours, census } = this.options;
    const line = `${what}: ${this.#shownText()}`;
    const trace = this.#state.trace.with(line);
    const possible = behaviours.step(this.#state.possible, actions, holds);
    if (possible.length === 0) {
      this.#isRejected = true;
      census.rejections.push({ what, actions, trace });
    }
    this.#state = { ...this.#state, possible, trace };
  }

  #note(kind: string): void {
    const { trace } = this.#state;
    this.#state = {
      ...this.#state,
      trace: new (trace.constructor as typeof Trace)(trace.lines, new Set([...trace.kinds, kind])),
    };
  }

  /** Each state that a power cut may leave here goes on as a run of its own. */
  #cut(count: number): void {
    const images = [...this.#state.disk.crashImages({ limit: 24, random: this.random })];
    for (let taken = 0; taken < count && images.length > 0; taken++) {
      const [image] = images.splice(Math.floor(this.random() * images.length), 1);
      const after = new LogRun(
        { ...this.#state, disk: image!.mount(), cuts: this.#state.cuts + 1 },
        this.options,
      );
      after.#findLayouts();
      after.#step("the power is cut", ["PowerCut"], (state) => after.#holds(state));
      if (!after.#isRejected) this.options.afterCut(after);
    }
  }

  #findLayouts(): void {
    const layouts = new Map<number, Layout>();
    for (const { name } of this.#state.disk.list(STORE)) {
      const segment = segmentOf(name);
      const before = segment !== undefined && this.#state.layouts.get(segment);
      if (segment === undefined || !before) continue;
      const shown = cellsLeft(readAll(this.#state.disk, this.#path(segment)), before.shown, before.onDisk);
      layouts.set(segment, { shown, onDisk: shown });
    }
    this.#state = { ...this.#state, layouts };
  }

  /** Whether a state of the model shows what the disk shows: cells, segments, journal. */
  #holds(state: ModelState): boolean {
    const { names, segs } = state as unknown as {
      names: { shown: number; journal: boolean };
      segs: { __tuple: { shown: unknown }[] };
    };
    const { layouts, disk } = this.#state;
    if (names.shown !== layouts.size) return false;
    if (names.journal !== disk.list(STORE).some(({ name }) => name.endsWith(".tail"))) return false;
    for (const [segment, { shown }] of layouts) {
      const codes = shown.map(({ code }) => code);
      if (!isSame(listOf(segs.__tuple[segment - 1]!.shown), codes)) return false;
    }
    return true;
  }

  #shownText(): string {
    return [...this.#state.layouts.values()]
      .map(({ shown }) => shown.map(({ code }) => code).join(" "))
      .join(" | ");
  }

  get #last(): number {
    return Math.max(...this.#state.layouts.keys());
  }

  #path(segment: number): string {
    return join(STORE, `${String(segment).padStart(8, "0")}.dwal`);
  }

  #bytes(segment: number): Uint8Array {
    return readAll(this.#state.disk, this.#path(segment));
  }

  #setLayout(segment: number, layout: Layout): void {
    this.#state = { ...this.#state, layouts: new Map([...this.#state.layouts, [segment, layout]]) };
  }
}

function segmentOf(path: string): number | undefined {
  const match = /(\d{8})\.dwal$/.exec(path);
  return match ? Number(match[1]) : undefined;
}

function readAll(disk: SimulatedDisk, path: string): Uint8Array {
  const file = disk.open(path, "read");
  const bytes = new Uint8Array(file.stat().size);
  file.readAt(bytes, 0, bytes.length, 0);
  file.close();
  return bytes;
}

function listOf(tuple: unknown): readonly number[] {
  return (tuple as { __tuple: number[] }).__tuple;
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((each, index) => each === b[index]);
}

function txidOf(frame: Uint8Array): bigint {
  return new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getBigUint64(8, true);
}

function payloadOf(serial: number, len: number): Uint8Array {
  return Uint8Array.from({ length: len }, (_, index) => 1 + ((serial * 31 + index * 7) % 255));
}
