import type { DirectoryEntry, FileStat } from "../file-system.js";
import type { SimulatedFile } from "./simulated-file.js";

export type SimulatedNode = SimulatedFile | SimulatedDirectory;

/** A directory: the names that the kernel shows, and those that a power cut would leave. */
export class SimulatedDirectory {
  readonly kind = "directory";
  readonly identity: string;
  #entries = new Map<string, SimulatedNode>();
  #durableEntries = new Map<string, SimulatedNode>();

  constructor(identity: string) {
    this.identity = identity;
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  stat(): FileStat {
    return { kind: this.kind, size: this.#entries.size, mode: 0o755, identity: this.identity };
  }

  /** By name, so that nothing depends on the order in which entries were made. */
  list(): DirectoryEntry[] {
    const entries: DirectoryEntry[] = [...this.#entries].map(([name, { kind }]) => ({ name, kind }));
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  find(name: string): SimulatedNode | undefined {
    return this.#entries.get(name);
  }

  put(name: string, node: SimulatedNode): void {
    this.#entries.set(name, node);
  }

  remove(name: string): void {
    this.#entries.delete(name);
  }

  sync(): void {
    this.#durableEntries = new Map(this.#entries);
  }

  /** Goes down the durable names only: what lies below a lost one is lost with it. */
  loseUnsynced(): void {
    this.#entries = new Map(this.#durableEntries);
    for (const node of this.#entries.values()) node.loseUnsynced();
  }
}
