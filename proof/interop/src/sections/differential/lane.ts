import type { DeviationId } from "../../differences/deviations.js";
import { Difference } from "../../differences/difference.js";
import type { Ledger } from "../../differences/ledger.js";
import { plainText } from "../../kit/records.js";
import { readStoreFiles } from "../../kit/store-files.js";
import { textDifference } from "../../kit/text-difference.js";
import type { Ours } from "../../sides/ours.js";
import { attempt, type Outcome, refusalKey } from "../../sides/refusal.js";
import type { Layer, OpenStore, SeenCompactionInPlace, Side } from "../../sides/side.js";
import { batchChange, filled, KEYS, type Operation, TOO_LONG_KEY } from "./operation.js";

/** One store that a script is run on: by one side, or by two that take turns. */
export class Lane {
  readonly name: string;
  readonly dir: string;
  readonly #sides: readonly Side[];
  readonly #ours: Ours;
  readonly #ledger: Ledger;
  readonly compactions: SeenCompactionInPlace[] = [];
  #turn = 0;
  #layer: Layer = "log";
  #store: OpenStore | undefined;

  /**
   * @param sides Whoever writes: a second one takes over at each `switch-sides`.
   * @param ours Does for the writer what that cannot: compaction in place, batches.
   * @param ledger Notes what only the reference would write.
   */
  constructor(name: string, dir: string, sides: readonly Side[], ours: Ours, ledger: Ledger) {
    this.name = name;
    this.dir = dir;
    this.#sides = sides;
    this.#ours = ours;
    this.#ledger = ledger;
  }

  get side(): Side {
    return this.#sides[this.#turn % this.#sides.length]!;
  }

  get store(): OpenStore | undefined {
    return this.#store;
  }

  /** Does one step; opens the store, or opens it as what the step needs, where it is not. */
  async perform(operation: Operation): Promise<Outcome<unknown>> {
    switch (operation.do) {
      case "close":
        return attempt(() => this.close());
      case "reopen":
        return attempt(() => this.open(operation.layer));
      case "switch-sides":
        return attempt(() => this.#switchSides());
      case "open-twice":
        return attempt(() => this.#openTwice());
      case "compact":
        return attempt(() => this.#compact(operation.share / 10));
      case "batch":
        return attempt(() => this.#byUs((store) => store.batch!(operation.changes.map(batchChange))));
      default:
        return attempt(async () =>
          this.#onStore(await this.open(layerOf(operation) ?? this.#layer), operation),
        );
    }
  }

  async #changesNothing(store: OpenStore, operation: Operation): Promise<DeviationId | undefined> {
    if (operation.do === "rotate" && [...readStoreFiles(this.dir).segments.values()].at(-1)!.length === 0)
      return "no-empty-segment-is-sealed";
    if (operation.do !== "delete") return undefined;
    const pairs = await store.pairs();
    const isLive = pairs.some(({ key }) => Buffer.compare(key, KEYS[operation.key]!) === 0);
    return isLive ? undefined : "no-tombstone-for-what-is-not-there";
  }

  async close(): Promise<void> {
    const store = this.#store;
    this.#store = undefined;
    await store?.close();
  }

  /** Makes sure that the store is open as a layer; already open as that it is left alone. */
  async open(layer: Layer): Promise<OpenStore> {
    if (this.#store?.layer === layer) return this.#store;
    await this.close();
    this.#layer = layer;
    this.#store = await this.side.open(this.dir, layer);
    return this.#store;
  }

  async #switchSides(): Promise<void> {
    const wasOpen = this.#store !== undefined;
    await this.close();
    this.#turn++;
    if (wasOpen) await this.open(this.#layer);
  }

  /** Whoever holds the lock, either side must be refused. */
  async #openTwice(): Promise<string[]> {
    await this.open(this.#layer);
    const refusals: string[] = [];
    for (const side of this.#sides) {
      const second = await attempt(() => side.open(this.dir, this.#layer));
      if (second.ok) await second.value.close();
      refusals.push(second.ok ? "opened" : refusalKey(second.refusal));
    }
    return [...new Set(refusals)];
  }

  /** @throws Difference: the writer does not see the same pairs before and behind it */
  async #compact(minWasteRatio: number): Promise<SeenCompactionInPlace> {
    const before = plainText(await (await this.open("kv")).pairs());
    const compaction = await this.#byUs((store) => store.compact!(minWasteRatio));
    const behind = plainText(await this.#store!.pairs());
    const difference = textDifference(before, behind);
    if (difference !== undefined)
      throw new Difference(`${this.name}: pairs before and behind a compaction: ${difference}`);
    this.compactions.push(compaction);
    return compaction;
  }

  /** Does what only our stores can, by the writer if that is one; the store is then open as keys and values. */
  async #byUs<T>(use: (store: OpenStore) => Promise<T>): Promise<T> {
    const store = await this.open("kv");
    if (store.batch) return await use(store);
    await this.close();
    const ours = await this.#ours.open(this.dir, "kv");
    try {
      return await use(ours);
    } finally {
      await ours.close();
      await this.open("kv");
    }
  }

  /** What changes nothing the reference is not asked for: it would write all the same. */
  async #onStore(store: OpenStore, operation: Operation): Promise<unknown> {
    const deviation = await this.#changesNothing(store, operation);
    if (deviation) this.#ledger.note(deviation);
    if (deviation && this.side !== this.#ours) return undefined;
    switch (operation.do) {
      case "append":
        return store.append(filled(operation.payload));
      case "append-record":
        return store.appendRecord(operation.type, KEYS[operation.key]!, filled(operation.payload));
      case "put":
        return store.put(KEYS[operation.key]!, filled(operation.value));
      case "delete":
        return store.delete(KEYS[operation.key]!);
      case "rotate":
        return store.rotate();
      case "fsync":
        return store.fsync();
      case "append-too-long-key":
        return store.appendRecord(1, TOO_LONG_KEY, TOO_LONG_KEY);
      case "compact-onto-itself":
        return store.compactTo(this.dir);
      default:
        throw new Error(`${operation.do} is no operation on a store`);
    }
  }
}

/** What the store must be open as; `undefined` where both will do. */
function layerOf(operation: Operation): Layer | undefined {
  switch (operation.do) {
    case "append":
    case "append-record":
    case "append-too-long-key":
    case "rotate":
      return "log";
    case "put":
    case "delete":
    case "compact-onto-itself":
      return "kv";
    default:
      return undefined;
  }
}
