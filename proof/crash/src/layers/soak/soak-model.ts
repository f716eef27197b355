import { idOf, KEY_COUNT, keyOf, type SoakRecord, valueBytes } from "./soak-step.js";

/** What a store of the soak is to hold. */
export class SoakModel {
  /** Of each key the record that its value is of; 0 where it has none. */
  readonly #ids = new Float64Array(KEY_COUNT);

  apply({ key, id, isPut }: SoakRecord): void {
    this.#ids[key] = isPut ? id : 0;
  }

  /** As a store holds it that was looked at already. */
  takeIn(pairs: Iterable<[Uint8Array, Uint8Array]>): void {
    for (const [key, value] of pairs) this.#ids[keyOf(key)] = idOf(value);
  }

  /** Where a value is not the one of its key, or nothing. */
  differenceAt(key: number, value: Uint8Array | undefined): string | undefined {
    const id = this.#ids[key]!;
    if (value === undefined) return id === 0 ? undefined : `key ${key} is gone, expected record ${id}`;
    if (id !== 0 && Buffer.compare(value, valueBytes({ key, id })) === 0) return undefined;
    return `key ${key} has the value of record ${idOf(value)}, expected ${id === 0 ? "none" : `record ${id}`}`;
  }

  /** Where a store is not this, or nothing. */
  differenceTo(pairs: ReadonlyMap<number, Uint8Array>): string | undefined {
    for (let key = 0; key < KEY_COUNT; key++) {
      const difference = this.differenceAt(key, pairs.get(key));
      if (difference !== undefined) return difference;
    }
    return undefined;
  }
}
