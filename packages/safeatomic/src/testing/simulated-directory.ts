import type { DirectoryEntry, FileStat } from "../file-system.js";
import type { SimulatedFile } from "./simulated-file.js";

export type SimulatedNode = SimulatedFile | SimulatedDirectory;

/** Names and what they lead to; `undefined` where a name has gone. */
export interface EntryChange {
  directory: SimulatedDirectory;
  name: string;
  node: SimulatedNode | undefined;
}

/**
 * One change of names, which a crash leaves whole or not at all: a creation or a removal changes one entry, a rename
 * two.
 */
export interface NameChange {
  /** For a story: `create /store/00000001.dwal`. */
  what: string;
  entries: readonly EntryChange[];
}

/** A directory: the names that the kernel shows, and those that are on the disk for sure. */
export class SimulatedDirectory {
  readonly kind = "directory";
  readonly identity: string;
  #entries: Map<string, SimulatedNode>;
  #durableEntries: Map<string, SimulatedNode>;

  readonly mode: number;

  /** @param entries Durable from the start. */
  constructor(identity: string, mode = 0o755, entries: ReadonlyMap<string, SimulatedNode> = new Map()) {
    this.identity = identity;
    this.mode = mode;
    this.#entries = new Map(entries);
    this.#durableEntries = new Map(entries);
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  stat(): FileStat {
    return { kind: this.kind, size: this.#entries.size, mode: this.mode, identity: this.identity };
  }

  /** By name, so that nothing depends on the order in which entries were made. */
  list(): DirectoryEntry[] {
    const entries: DirectoryEntry[] = [...this.#entries].map(([name, { kind }]) => ({ name, kind }));
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  find(name: string): SimulatedNode | undefined {
    return this.#entries.get(name);
  }

  nodes(): IterableIterator<SimulatedNode> {
    return this.#entries.values();
  }

  /** What a power cut leaves of its names, where it loses every change since the last sync. */
  get durableEntries(): ReadonlyMap<string, SimulatedNode> {
    return this.#durableEntries;
  }

  change(name: string, node: SimulatedNode | undefined): void {
    setEntry(this.#entries, name, node);
  }

  makeDurable(name: string, node: SimulatedNode | undefined): void {
    setEntry(this.#durableEntries, name, node);
  }

  /** Goes down the durable names only: what lies below a lost one is lost with it. */
  loseUnsynced(): void {
    this.#entries = new Map(this.#durableEntries);
    for (const node of this.#entries.values()) node.loseUnsynced();
  }
}

export function setEntry(
  entries: Map<string, SimulatedNode>,
  name: string,
  node: SimulatedNode | undefined,
): void {
  if (node) entries.set(name, node);
  else entries.delete(name);
}
