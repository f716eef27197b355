import { basename, dirname, join } from "node:path";
import { decodeNext, RecordType } from "@datawal/format";
import { createSimulatedDisk, type SimulatedDisk } from "@datawal/safeatomic/testing";
import { DataWal } from "datawal";
import { type Effect, tracing } from "./tracing-disk.js";

export const STORE = "/store";
/** So many ids. */
export const SEGMENTS = 5;
/** What another hand puts into the store that it makes: the model's number of calls, and one. */
export const CALLS = 99;

export interface FilmedFile {
  identity: string;
  /** Never changed. */
  bytes: Uint8Array;
}

/** What the store shows behind an effect, and until the next one. */
export interface Scene {
  what: string;
  /** Those of ReadWhileWrite.tla that it may be. */
  actions: readonly string[];
  isCompacting: boolean;
  /** Of the directory. */
  identity: string;
  files: ReadonlyMap<string, FilmedFile>;
  /** The records of each segment, as text. */
  segments: ReadonlyMap<number, string>;
}

/** The actions of ReadWhileWrite.tla that an effect of a writer may be. */
const ACTIONS: readonly (readonly [effect: RegExp, actions: readonly string[]])[] = [
  [/^open \d+\.dwal$/, ["Rotate"]],
  [/^file\.append(Parts)? \d+\.dwal$/, ["Put", "Delete", "Move", "AppendAgain"]],
  [/^file\.fsync(Sync)? \d+\.dwal$/, ["Sync", "SyncMoved", "SyncAgain"]],
  [/^file\.truncate \d+\.dwal$/, ["Cut"]],
  [/^removeFile \d+\.dwal$/, ["Remove"]],
  [/^rename removed-segments\.new to removed-segments$/, ["Name", "Prune"]],
  [/^(lock|fsyncDirectory(Sync)?)\b/, ["Durable"]],
  [/^\S+ \d+\.tail(\.new)?\b/, ["Durable"]],
  [/^\S+ removed-segments\.new$/, ["Durable"]],
];

/**
 * Films a writer at work. A reader changes nothing, and so a film can be shown to it afterwards, at any pace: what the
 * writer did comes between any two of its calls.
 */
export function film(random: () => number): readonly Scene[] {
  return new Filming(random).run();
}

const SEGMENT_BYTES = 120;

class Filming {
  readonly #random: () => number;
  readonly #disk = createSimulatedDisk();
  readonly #scenes: Scene[] = [];
  #wal: DataWal;
  #calls = 0;
  #isCompacting = false;

  constructor(random: () => number) {
    this.#random = random;
    DataWal.openSync(STORE, { fileSystem: this.#disk }).closeSync();
    this.#wal = this.#open();
    this.#scenes.length = 0;
    this.#shoot("a store is open", []);
  }

  run(): readonly Scene[] {
    for (let done = 0; done < 14; done++) this.#operate();
    if (this.#random() < 0.3) this.#replace();
    return this.#scenes;
  }

  #open(): DataWal {
    const fileSystem = tracing(this.#disk, (effect) => this.#see(effect));
    return DataWal.openSync(STORE, { fileSystem, segmentBytesMax: SEGMENT_BYTES });
  }

  #operate(): void {
    const drawn = this.#random();
    if (Math.max(...this.#segments().keys()) >= SEGMENTS - 1) return;
    if (drawn < 0.15) this.#wal.fsyncSync();
    else if (drawn < 0.3) this.#compact();
    else if (drawn < 0.4) this.#restart();
    else this.#change();
  }

  #change(): void {
    const key = Buffer.from(this.#random() < 0.6 ? "1" : "2");
    this.#calls++;
    if (this.#random() < 0.25 && this.#wal.has(key)) this.#wal.delete(key);
    else this.#wal.put(key, Uint8Array.of(this.#calls));
  }

  #compact(): void {
    this.#isCompacting = true;
    this.#wal.compactSync({ onProgress: () => this.#random() < 0.15 && this.#change() });
    this.#isCompacting = false;
  }

  #restart(): void {
    this.#disk.killProcess();
    this.#shoot("the writer is killed", ["Kill"]);
    this.#wal = this.#open();
  }

  /** Another hand removes the store, and makes one in its place, whose directory gets the inode. */
  #replace(): void {
    const disk = this.#disk;
    disk.killProcess();
    for (const { name } of disk.list(STORE)) disk.removeFile(join(STORE, name));
    disk.removeDirectory(STORE);
    disk.fsyncDirectorySync(dirname(STORE));
    const wal = DataWal.openSync(STORE, { fileSystem: disk });
    wal.put(Buffer.from("1"), Uint8Array.of(CALLS + 1));
    wal.closeSync();
    this.#shoot("another hand replaces the store", ["Replace"]);
  }

  #see({ operation, path, to }: Effect): void {
    if (!path.startsWith(STORE)) return;
    const what = `${operation} ${basename(path)}${to ? ` to ${basename(to)}` : ""}`;
    this.#shoot(what, ACTIONS.find(([effect]) => effect.test(what))?.[1] ?? []);
  }

  #shoot(what: string, actions: readonly string[]): void {
    const files = filesIn(this.#disk);
    const { identity } = this.#disk.stat(STORE)!;
    const segments = this.#segments();
    const text = [...segments].map(([segment, records]) => `${segment}[${records}]`).join(" ");
    this.#scenes.push({
      ...{ what: `${what}: ${text}`, actions, isCompacting: this.#isCompacting },
      ...{ identity, files, segments },
    });
  }

  #segments(): Map<number, string> {
    const segments = new Map<number, string>();
    for (const [name, { bytes }] of filesIn(this.#disk))
      if (segmentOf(name) > 0) segments.set(segmentOf(name), recordsIn(bytes));
    return segments;
  }
}

/** The id in a segment's name; 0 where it is another one's. */
export function segmentOf(path: string): number {
  return Number(/(\d{8})\.dwal$/.exec(path)?.[1] ?? 0);
}

function filesIn(disk: SimulatedDisk): Map<string, FilmedFile> {
  return new Map(disk.list(STORE).map(({ name }) => [name, fileAt(disk, join(STORE, name))]));
}

function fileAt(disk: SimulatedDisk, path: string): FilmedFile {
  const file = disk.open(path, "read");
  const { size, identity } = file.stat();
  const bytes = new Uint8Array(size);
  file.readAt(bytes, 0, size, 0);
  file.close();
  return { identity, bytes };
}

function recordsIn(bytes: Uint8Array): string {
  const records: string[] = [];
  for (let at = 0; ; ) {
    const decoded = decodeNext(bytes, at);
    if (decoded.kind !== "record") return records.join(" ");
    const { type, txid, key, payload } = decoded;
    records.push(`${txid}:${Buffer.from(key)}=${type === RecordType.Put ? payload[0] : 0}`);
    at = decoded.end;
  }
}
