import type { DirectoryEntry, FileSystem } from "@datawal/safeatomic";
import {
  type FaultyFileSystem,
  type PortCall,
  type SimulatedDisk,
  withFaults,
} from "@datawal/safeatomic/testing";
import { BrokenDemand } from "../broken-demand.js";
import type { PlantedFault } from "../failing-calls/attempt.js";
import type { History } from "./history.js";
import type { Stage, Step } from "./recording-disk.js";
import type { Schedule } from "./schedule.js";

/** What a reading operation must not call on the store that it reads. */
const CHANGING: ReadonlySet<string> = new Set([
  ...["makeDirectory", "rename", "link", "removeFile", "removeDirectory", "lock"],
  ...["file.append", "file.appendParts", "file.truncate", "file.copyOwner", "file.chmod"],
]);

export interface Surroundings {
  /** What a canary puts between the product and the disk. */
  plant?: PlantedFault;
  /** Gets a line for each call of the reader, and for each step of the change. */
  story?: string[];
}

/** A disk that a change moves on while a reader looks at it: at which of the reader's calls, its schedule says. */
export class MovingDisk {
  readonly disk: SimulatedDisk;
  /** As the reader sees it. */
  readonly port: FileSystem;
  /** How many steps of the change have been made. */
  made = 0;
  /** The reader's calls since `begin`, waits included. */
  callCount = 0;
  /** How often it has listed a directory since then. */
  listCount = 0;
  /** Called at each listing of the reader. */
  onList: () => void = () => undefined;
  readonly #counted: FaultyFileSystem;
  readonly #story: string[] | undefined;
  readonly #stage: Stage;
  readonly #steps: readonly Step[];
  readonly #schedule: Schedule;
  #isMoving = false;

  constructor({ prepare, steps }: History, schedule: Schedule, { plant, story }: Surroundings = {}) {
    const disk = prepare();
    this.disk = disk;
    this.#story = story;
    this.#stage = { disk, files: new Map(), locks: new Map() };
    this.#steps = steps;
    this.#schedule = schedule;
    const shown = withListing(disk, (path) => this.#list(path));
    this.#counted = withFaults(shown, (call) => this.#beforeCall(call));
    this.port = plant?.(this.#counted) ?? this.#counted;
    this.moveTo(schedule.start);
  }

  get openFileCount(): number {
    return this.#counted.openFileCount;
  }

  /** From here on each call counts. */
  begin(): void {
    this.#isMoving = true;
  }

  end(): void {
    this.#isMoving = false;
  }

  /** Whether everything that the schedule has is made. */
  get isAtRest(): boolean {
    const { start, moves, listing } = this.#schedule;
    return this.made >= Math.max(start, ...moves.map(({ to }) => to), listing?.to ?? 0);
  }

  moveTo(count: number): void {
    for (; this.made < count; this.made++) {
      const step = this.#steps[this.made]!;
      step.make(this.#stage);
      this.#story?.push(`          ${step.what}`);
    }
  }

  moveToEnd(): void {
    this.moveTo(this.#steps.length);
  }

  /** A wait counts as a call: others go on meanwhile. */
  pass(what: string, path = ""): void {
    if (!this.#isMoving) return;
    for (const { call, to } of this.#schedule.moves) if (call === this.callCount) this.moveTo(to);
    this.#story?.push(`  ${this.callCount} ${what} ${path}`);
    this.callCount++;
  }

  #beforeCall({ operation, path }: PortCall): void {
    this.pass(operation, path);
    if (operation === "list" && this.#isMoving) this.onList();
    if (CHANGING.has(operation) && !path.startsWith("/copies"))
      throw new BrokenDemand("6 source untouched", `a reading operation called ${operation} on ${path}`);
  }

  /** Where the schedule says so, a listing of two moments, as the kernel gives one of more names than a buffer holds. */
  #list(path: string): DirectoryEntry[] {
    const { listing } = this.#schedule;
    if (!this.#isMoving) return this.disk.list(path);
    if (listing?.index !== this.listCount++) return this.disk.list(path);
    const { cut, order, to } = listing;
    const identity = this.disk.stat(path)?.identity;
    const first = inOrder(this.disk.list(path), order).slice(0, cut);
    const boundary = first.at(-1)?.name;
    this.moveTo(to);
    // The directory itself is open: what stands under its name by now does not matter.
    const place = [path, `${path}.old`].find((each) => this.disk.stat(each)?.identity === identity);
    const after = place === undefined ? [] : inOrder(this.disk.list(place), order);
    return [
      ...first,
      ...after.filter(({ name }) => boundary === undefined || isBehind(name, boundary, order)),
    ];
  }
}

function withListing(disk: SimulatedDisk, list: FileSystem["list"]): FileSystem {
  return new Proxy(disk, {
    get(target, key) {
      if (key === "list") return list;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** The orders in which a directory may hold its names: it keeps one, whatever is added or removed. */
export type NameOrder = "up" | "down" | "mixed";

function inOrder(entries: DirectoryEntry[], order: NameOrder): DirectoryEntry[] {
  return entries.sort((a, b) => rank(a.name, order) - rank(b.name, order) || (a.name < b.name ? -1 : 1));
}

function isBehind(name: string, boundary: string, order: NameOrder): boolean {
  const difference = rank(name, order) - rank(boundary, order);
  return difference > 0 || (difference === 0 && name > boundary);
}

/** `mixed` is as a hash would have it: some names that are made later come earlier. */
function rank(name: string, order: NameOrder): number {
  const id = Number.parseInt(name, 10);
  const number = Number.isNaN(id) ? 0 : id;
  if (order === "up") return number;
  return order === "down" ? -number : (number * 7919) % 1009;
}
