import {
  type AbstractBatchOperation,
  type AbstractDatabaseOptions,
  AbstractIterator,
  type AbstractIteratorOptions,
  AbstractLevel,
} from "abstract-level";
import { DataWal, type RecordRef } from "datawal";

type Store = DataWal<Uint8Array, Uint8Array>;
type Encoded = AbstractBatchOperation<DatawalLevel, Uint8Array, Uint8Array>;
type EncodedRange = AbstractIteratorOptions<Uint8Array, Uint8Array>;

/** What is promised of a write beyond that a kill of the process does not lose it. */
export interface WriteOptions {
  /** Whether it is durable when it resolves. */
  sync?: boolean | undefined;
}

/** A level database in a datawal store. Keys have no order there: each iterator sorts them. */
export class DatawalLevel<K = string, V = string> extends AbstractLevel<Uint8Array, K, V> {
  readonly #directory: string;
  #store: Store | undefined;

  constructor(directory: string, options?: AbstractDatabaseOptions<K, V>) {
    super({ encodings: { view: true }, implicitSnapshots: true, seek: true, has: true }, options);
    this.#directory = directory;
  }

  async _open(): Promise<void> {
    this.#store = await DataWal.open(this.#directory);
  }

  async _close(): Promise<void> {
    await this.#store?.close();
  }

  async _get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.store.get(key);
  }

  async _getMany(keys: Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    return keys.map((key) => this.store.get(key));
  }

  async _has(key: Uint8Array): Promise<boolean> {
    return this.store.has(key);
  }

  async _hasMany(keys: Uint8Array[]): Promise<boolean[]> {
    return keys.map((key) => this.store.has(key));
  }

  async _put(key: Uint8Array, value: Uint8Array, { sync }: WriteOptions): Promise<void> {
    this.store.put(key, value);
    if (sync) await this.store.fsync();
  }

  async _del(key: Uint8Array, { sync }: WriteOptions): Promise<void> {
    this.store.delete(key);
    if (sync) await this.store.fsync();
  }

  /** All or nothing, as the contract demands. */
  async _batch(operations: Encoded[], { sync }: WriteOptions): Promise<void> {
    this.store.batch(
      operations.map((operation) =>
        operation.type === "put" ? operation : { type: "delete", key: operation.key },
      ),
    );
    if (sync) await this.store.fsync();
  }

  /** All or nothing, too. */
  async _clear(range: EncodedRange): Promise<void> {
    const places = sortedPlaces(this.store, range).slice(0, range.limit === -1 ? undefined : range.limit);
    this.store.batch(places.map(([key]) => ({ type: "delete", key })));
  }

  _iterator(options: EncodedRange): DatawalIterator<K, V> {
    return new DatawalIterator(this, options);
  }

  /** Open, which the base class has seen to. */
  get store(): Store {
    return this.#store!;
  }
}

/** Sees the store as it was when the iterator was made: nothing in a log changes, so the places of values are enough. */
class DatawalIterator<K, V> extends AbstractIterator<DatawalLevel<K, V>, K, V> {
  readonly #store: Store;
  readonly #reverse: boolean;
  readonly #places: Place[];
  #next = 0;

  constructor(level: DatawalLevel<K, V>, range: EncodedRange) {
    // The types of the constructor are those of the public method, whose range is not encoded yet.
    super(level, range as AbstractIteratorOptions<unknown, unknown> as AbstractIteratorOptions<K, V>);
    this.#store = level.store;
    this.#reverse = range.reverse === true;
    this.#places = sortedPlaces(level.store, range);
  }

  async _next(): Promise<[Uint8Array, Uint8Array] | undefined> {
    const place = this.#places[this.#next++];
    return place && [place[0], this.#store.read(place[1]).payload];
  }

  _seek(target: Uint8Array): void {
    const isBehind = ([key]: Place) => Buffer.compare(key, target) * (this.#reverse ? -1 : 1) >= 0;
    const found = this.#places.findIndex(isBehind);
    this.#next = found === -1 ? this.#places.length : found;
  }
}

/** A key, and where its value lies. */
type Place = [Uint8Array, RecordRef];

function sortedPlaces(store: Store, { gt, gte, lt, lte, reverse }: EncodedRange): Place[] {
  const isWithin = (key: Uint8Array) =>
    (gte === undefined ? gt === undefined || Buffer.compare(key, gt) > 0 : Buffer.compare(key, gte) >= 0) &&
    (lte === undefined ? lt === undefined || Buffer.compare(key, lt) < 0 : Buffer.compare(key, lte) <= 0);
  const keys = [...store.keys()].filter(isWithin).sort(Buffer.compare);
  if (reverse) keys.reverse();
  return keys.map((key) => [key, store.refOf(key)!]);
}
