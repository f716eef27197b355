import type { DataWal } from "datawal";

/** A store of strings: opened with `{ key: utf8, value: utf8 }`. */
export type KeyvStore = DataWal<string, string>;

/** What {@link KeyvDataWal.setMany} takes. */
export interface KeyvEntry {
  key: string;
  value: string;
  /** In milliseconds from now; none when absent. */
  ttl?: number | undefined;
}

/**
 * A storage adapter of Keyv on an open store. Make one for each namespace, on one store: Keyv keeps its namespace in the
 * adapter. What is set is in the kernel's hands when it resolves: a killed process does not lose it, a power cut may, until
 * {@link disconnect}, or a `fsync` of the store.
 *
 * What it throws is what the store throws, with its codes.
 */
export class KeyvDataWal {
  /** Of Keyv, which sets it. */
  namespace: string | undefined;
  /** Keyv 5 iterates over a store only where it knows the dialect: this is the name of one, and nothing else. */
  readonly opts: Record<string, unknown> = { dialect: "sqlite", url: "" };
  readonly #store: KeyvStore;

  /** @param store Stays its opener's, who closes it. */
  constructor(store: KeyvStore) {
    this.#store = store;
  }

  async get(key: string): Promise<string | undefined> {
    return this.#live(key);
  }

  async getMany(keys: string[]): Promise<(string | undefined)[]> {
    return keys.map((key) => this.#live(key));
  }

  async has(key: string): Promise<boolean> {
    return this.#live(key) !== undefined;
  }

  async hasMany(keys: string[]): Promise<boolean[]> {
    return keys.map((key) => this.#live(key) !== undefined);
  }

  /** @param ttl In milliseconds from now; none when absent or 0. */
  async set(key: string, value: string, ttl?: number): Promise<boolean> {
    this.#store.put(key, stamped(value, ttl));
    return true;
  }

  /** All of them or none, up to 64 MiB. */
  async setMany(entries: KeyvEntry[]): Promise<boolean[]> {
    this.#store.batch(
      entries.map(({ key, value, ttl }) => ({ type: "put", key, value: stamped(value, ttl) })),
    );
    return entries.map(() => true);
  }

  /** @returns Whether it was there. */
  async delete(key: string): Promise<boolean> {
    return this.#store.has(key) && this.#store.delete(key);
  }

  /** @returns Whether any was there. All of them go, or none. */
  async deleteMany(keys: string[]): Promise<boolean> {
    return this.#remove(keys.filter((key) => this.#store.has(key))) > 0;
  }

  /** Deletes the namespace's keys, or all where there is none. */
  async clear(): Promise<void> {
    this.#remove(this.#store.keys({ prefix: prefixOf(this.namespace) }));
  }

  /** The live pairs of a namespace, or of all; keys have its prefix, as Keyv gave them. */
  async *iterator(namespace: string | undefined = this.namespace): AsyncGenerator<[string, string]> {
    for (const key of [...this.#store.keys({ prefix: prefixOf(namespace) })]) {
      const value = this.#live(key);
      if (value !== undefined) yield [key, value];
    }
  }

  /** Deletes what has expired and nobody has asked for since. @returns How many keys, of all namespaces. */
  async deleteExpired(): Promise<number> {
    return this.#remove(
      [...this.#store.entries()].filter(([, value]) => isExpired(value)).map(([key]) => key),
    );
  }

  /** Makes durable what was set. The store stays open: it is its opener's. */
  async disconnect(): Promise<void> {
    await this.#store.fsync();
  }

  #live(key: string): string | undefined {
    const value = this.#store.get(key);
    if (value === undefined) return undefined;
    if (!isExpired(value)) return value.slice(value.indexOf(":") + 1);
    this.#store.delete(key);
    return undefined;
  }

  #remove(keys: Iterable<string>): number {
    const operations = Array.from(keys, (key) => ({ type: "delete", key }) as const);
    if (operations.length > 0) this.#store.batch(operations);
    return operations.length;
  }
}

/** In front of a value stands when it expires, in milliseconds since 1970; nothing for never. */
function stamped(value: string, ttl: number | undefined): string {
  return `${ttl ? Math.ceil(Date.now() + ttl) : ""}:${value}`;
}

function isExpired(value: string): boolean {
  const end = value.indexOf(":");
  return end > 0 && Number(value.slice(0, end)) <= Date.now();
}

function prefixOf(namespace: string | undefined): string {
  return namespace === undefined ? "" : `${namespace}:`;
}
