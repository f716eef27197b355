import type { Bytes } from "@datawal/format";
import type { RecordRef } from "@datawal/record-log";
import { type Entries, entryWords, isKeyAt, isLiveAt, keyAt, keyLenAt, lenAt, refAt } from "./chunk.js";
import { KeydirSort } from "./sort.js";

/**
 * A key directory as it was at one moment. It shares the directory's memory: while the snapshot is in use, the
 * directory copies each chunk of 256 KiB once, when it changes something in it. Sorting takes 8 bytes a key.
 */
export class KeydirSnapshot {
  /** Live keys. */
  readonly count: number;
  /** An address here is the number of a chunk in this list, and a place in it. */
  readonly #chunks: readonly Entries[];
  readonly #order: KeydirSort;

  constructor(chunks: readonly Entries[], count: number) {
    this.count = count;
    this.#chunks = chunks;
    this.#order = new KeydirSort(chunks, count);
  }

  /**
   * Puts the keys into the order of their bytes (unsigned, a prefix first), in steps of a few milliseconds.
   *
   * @returns The sum of what `measure` makes of the length of each key and of its frame; a step tells the sum so far.
   */
  *sort(measure: (keyLen: number, frameLen: number) => number): Generator<number, number, void> {
    let index = 0;
    let sum = 0;
    for (const [number, chunk] of this.#chunks.entries()) {
      for (let at = 0; at < chunk.usedWords; at += entryWords(keyLenAt(chunk, at))) {
        if (!isLiveAt(chunk, at)) continue;
        this.#order.setAddressAt(index++, (number << 16) | at);
        sum += measure(keyLenAt(chunk, at), lenAt(chunk, at));
      }
      yield sum;
    }
    for (const _ of this.#order.run()) yield sum;
    return sum;
  }

  /** A copy. @param index In the order of {@link sort}, from 0. */
  keyAt(index: number): Bytes {
    const address = this.#order.addressAt(index);
    return keyAt(this.#chunks[address >>> 16]!, address & 0xffff);
  }

  /** Whether the key is the bytes [start, end). */
  isKeyAt(index: number, key: Uint8Array, start: number, end: number): boolean {
    const address = this.#order.addressAt(index);
    return isKeyAt(this.#chunks[address >>> 16]!, address & 0xffff, key, start, end);
  }

  /** Copies, in the order of {@link sort}. */
  *refs(): Generator<RecordRef, void, void> {
    for (let index = 0; index < this.count; index++) yield this.refAt(index);
  }

  /** As {@link keyAt}. */
  refAt(index: number): RecordRef {
    const address = this.#order.addressAt(index);
    return refAt(this.#chunks[address >>> 16]!, address & 0xffff);
  }
}
