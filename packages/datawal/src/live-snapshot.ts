import { type Bytes, recordWireSize } from "@datawal/format";
import type { RecordRef } from "@datawal/record-log";
import type { Keydir } from "./keydir.js";
import { type ReadableLog, readLiveValue } from "./live-value.js";

/** A live key and its value, as copies. */
export interface LivePair {
  key: Bytes;
  value: Bytes;
}

/**
 * The live pairs of a store at one moment, in the order of their keys' bytes (unsigned, a prefix first). It keeps keys
 * and places; the log is append-only, so values are read when they are drawn, whatever has been written since.
 */
export class LiveSnapshot {
  readonly #log: ReadableLog;
  readonly #places: [key: Bytes, ref: RecordRef][];

  constructor(log: ReadableLog, keydir: Keydir) {
    this.#log = log;
    this.#places = [...keydir.entries()].sort(([a], [b]) => Buffer.compare(a, b));
  }

  get count(): number {
    return this.#places.length;
  }

  /** The sum over all pairs of what `measure` makes of the lengths of key and value. */
  totalBytes(measure: (keyLen: number, valueLen: number) => number): number {
    let total = 0;
    for (const [key, { len }] of this.#places) {
      total += measure(key.length, len - recordWireSize(key.length, 0));
    }
    return total;
  }

  /** @throws as {@link readLiveValue} */
  *pairs(): Generator<LivePair, void, void> {
    for (const [key, ref] of this.#places) yield { key, value: readLiveValue(this.#log, key, ref) };
  }
}
