import fc from "fast-check";
import type { Crash, PairChange, StoreOperation } from "../arbitraries/operation.js";
import { isSameBytes, nameOf } from "../laws/expect-same.js";
import { type Awaitable, type Place, untilFollowed } from "./place.js";

export type Pair = readonly [key: Uint8Array, value: Uint8Array];

/** A store of pairs that is open for writing. What is left out is not asked for. */
export interface StoreWriterUnderTest {
  put(key: Uint8Array, value: Uint8Array): Awaitable<unknown>;
  /** @returns Whether the key was there. */
  delete(key: Uint8Array): Awaitable<boolean>;
  get(key: Uint8Array): Awaitable<Uint8Array | undefined>;
  /** In whatever order. */
  pairs(): Awaitable<Iterable<Pair>>;
  /** After a crash the first ones of them are there. */
  putMany?(pairs: readonly Pair[]): Awaitable<unknown>;
  /** After a crash all of it is there, or nothing. */
  batch?(changes: readonly PairChange[]): Awaitable<unknown>;
  fsync(): Awaitable<unknown>;
  rotate?(): Awaitable<unknown>;
  /** Gives back space; other calls come before it has ended. */
  compact?(): Awaitable<unknown>;
  close(): Awaitable<unknown>;
}

/** A reader beside it, and a follower. */
export interface StoreReaderUnderTest {
  refresh(): Awaitable<unknown>;
  pairs(): Awaitable<Iterable<Pair>>;
  /** The pairs as a follower has put them together. */
  followed(): Awaitable<Iterable<Pair>>;
  close(): Awaitable<unknown>;
}

export interface StorePlace extends Place<StoreWriterUnderTest, StoreReaderUnderTest> {
  /** Closes a store, and puts its compacted copy in its place. */
  swap?(store: StoreWriterUnderTest): Awaitable<unknown>;
}

type Pairs = Map<string, Uint8Array>;

/** A store, and beside it a Map. */
export class StoreMachine {
  readonly #place: StorePlace;
  readonly #hasReader: boolean;
  #store: StoreWriterUnderTest;
  #reader: StoreReaderUnderTest | undefined;
  /** What a power cut cannot take, and the changes since, each there whole or not at all. */
  #durable: Pairs = new Map();
  #changes: (readonly PairChange[])[] = [];
  #now: Pairs = new Map();
  /** What it ended with, once it has. */
  #compaction: Promise<{ error?: unknown }> = Promise.resolve({});

  private constructor(place: StorePlace, store: StoreWriterUnderTest, hasReader: boolean) {
    this.#place = place;
    this.#store = store;
    this.#hasReader = hasReader;
  }

  /**
   * Runs a program. What the store shows is what a Map does; behind each crash it is what the Map was behind one of the
   * changes, and no earlier one than was synced; compaction and swap change nothing of it.
   *
   * @throws Error that tells which of it does not hold
   */
  static async run(
    place: StorePlace,
    program: readonly StoreOperation[],
    isReadBeside: boolean,
  ): Promise<void> {
    try {
      const hasReader = isReadBeside && place.openReader !== undefined;
      const machine = new StoreMachine(place, await place.open(), hasReader);
      for (const operation of program) await machine.#perform(operation);
      await machine.#look();
      await machine.#reopen();
      await machine.#closeReader();
    } finally {
      await place.remove();
    }
  }

  async #perform(operation: StoreOperation): Promise<void> {
    switch (operation.do) {
      case "change":
        return await this.#change(operation.change);
      case "put many":
        if (!this.#store.putMany) return;
        await this.#store.putMany(operation.pairs);
        for (const [key, value] of operation.pairs) this.#take([{ type: "put", key, value }]);
        return;
      case "batch":
        if (!this.#store.batch) return;
        await this.#store.batch(operation.changes);
        return this.#take(operation.changes);
      case "compact":
        return await this.#compact();
      case "swap":
        return await this.#swap();
      case "fsync":
        await this.#store.fsync();
        return this.#allIsDurable();
      case "rotate":
        if (!this.#store.rotate) return;
        await this.#store.rotate();
        return this.#allIsDurable();
      case "reopen":
        return await this.#reopen();
      case "look":
        return await this.#look();
      case "crash":
        return await this.#crash(operation);
    }
  }

  async #change(change: PairChange): Promise<void> {
    const name = nameOf(change.key);
    if (change.type === "put") await this.#store.put(change.key, change.value);
    else {
      const wasThere = await this.#store.delete(change.key);
      if (wasThere !== this.#now.has(name)) throw new Error(`delete of ${shown(name)} returned ${wasThere}`);
    }
    this.#take([change]);
    const value = await this.#store.get(change.key);
    if (!isSame(value, this.#now.get(name)))
      throw new Error(`get of ${shown(name)} returned ${fc.stringify(value)} behind its ${change.type}`);
  }

  #take(changes: readonly PairChange[]): void {
    this.#changes.push(changes);
    apply(this.#now, changes);
  }

  #allIsDurable(): void {
    this.#durable = new Map(this.#now);
    this.#changes = [];
  }

  async #compact(): Promise<void> {
    if (!this.#store.compact) return;
    await this.#compactionEnds();
    const compacting = Promise.resolve(this.#store.compact());
    this.#compaction = compacting.then(
      () => ({}),
      (error: unknown) => ({ error }),
    );
  }

  async #compactionEnds(): Promise<void> {
    const { error } = await this.#compaction;
    this.#compaction = Promise.resolve({});
    if (error !== undefined) throw error;
  }

  async #swap(): Promise<void> {
    if (!this.#place.swap) return;
    await this.#compactionEnds();
    await this.#closeReader();
    await this.#place.swap(this.#store);
    await this.#open("behind a swap");
  }

  async #reopen(): Promise<void> {
    await this.#compactionEnds();
    await this.#store.close();
    await this.#open("behind a close");
  }

  async #open(what: string): Promise<void> {
    this.#allIsDurable();
    this.#store = await this.#place.open();
    await this.#require(what, this.#store);
  }

  async #crash(crash: Crash): Promise<void> {
    const isKill = crash.how === "kill" || !this.#place.hasPowerCuts;
    if (!(isKill && this.#place.doReadersSurviveKills)) await this.#closeReader();
    await this.#place.crash(crash);
    // The process that it was part of is gone.
    this.#compaction = Promise.resolve({});
    this.#store = await this.#place.open();
    const found = pairsOf(await this.#store.pairs());
    if (!isKill) this.#now = this.#stateLike(found);
    await this.#require(`behind a ${crash.how}`, this.#store);
    await this.#reopen();
  }

  /** The latest state that a power cut may have left and that is this one; the one before the cut where none is. */
  #stateLike(found: Pairs): Pairs {
    const state = new Map(this.#durable);
    let like = differenceOf(found, state) === undefined ? new Map(state) : undefined;
    for (const changes of this.#changes) {
      apply(state, changes);
      if (differenceOf(found, state) === undefined) like = new Map(state);
    }
    return like ?? this.#now;
  }

  /** Holds all against the Map, readers included. */
  async #look(): Promise<void> {
    await this.#require("the writer", this.#store);
    if (!this.#hasReader) return;
    this.#reader ??= await this.#place.openReader!();
    await this.#reader.refresh();
    await this.#require("a reader", this.#reader);
    const reader = this.#reader;
    await untilFollowed(
      async () => differenceOf(pairsOf(await reader.followed()), this.#now),
      (difference) => difference === undefined,
      (difference) => difference!,
    );
  }

  async #closeReader(): Promise<void> {
    await this.#reader?.close();
    this.#reader = undefined;
  }

  async #require(what: string, held: Pick<StoreWriterUnderTest, "pairs">): Promise<void> {
    const difference = differenceOf(pairsOf(await held.pairs()), this.#now);
    if (difference !== undefined) throw new Error(`${what}: ${difference}`);
  }
}

function apply(pairs: Pairs, changes: readonly PairChange[]): void {
  for (const change of changes) {
    const name = nameOf(change.key);
    if (change.type === "put") pairs.set(name, change.value);
    else pairs.delete(name);
  }
}

function pairsOf(pairs: Iterable<Pair>): Pairs {
  return new Map(Array.from(pairs, ([key, value]) => [nameOf(key), value]));
}

/** The first place where two are not alike, or nothing. */
function differenceOf(found: Pairs, expected: Pairs): string | undefined {
  for (const [name, value] of expected) {
    if (isSame(found.get(name), value)) continue;
    return `key ${shown(name)} has ${fc.stringify(found.get(name))}, expected ${fc.stringify(value)}`;
  }
  const other = [...found.keys()].find((name) => !expected.has(name));
  return other === undefined ? undefined : `key ${shown(other)} is there, and was deleted or never put`;
}

function isSame(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one && other ? isSameBytes(one, other) : one === other;
}

function shown(name: string): string {
  return JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}...` : name);
}
