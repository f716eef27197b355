import { encodeRecord } from "@datawal/format";
import { describeRecord, type Files } from "@datawal/oracle";
import type { BaseStore } from "./base-store.js";

/** A byte of a store's segments, counted from the first one of all. */
export interface BytePlace {
  name: string;
  /** Within the segment. */
  offset: number;
}

/** The bytes of a store's segments end to end, so that each has one index. */
export class SegmentBytes {
  readonly count: number;
  readonly #base: BaseStore;
  readonly #starts: readonly { name: string; start: number }[];

  constructor(base: BaseStore) {
    let start = 0;
    this.#base = base;
    this.#starts = Object.entries(base.files).map(([name, content]) => {
      const own = { name, start };
      start += content.length;
      return own;
    });
    this.count = start;
  }

  placeOf(index: number): BytePlace {
    const { name, start } = this.#starts.findLast((segment) => segment.start <= index)!;
    return { name, offset: index - start };
  }

  /** The segments, one with other bytes. */
  replaced(name: string, change: (content: Uint8Array) => Uint8Array): Files {
    return { ...this.#base.files, [name]: change(this.#base.files[name]!) };
  }

  /** Which record lies there, and which of its bytes it is. */
  describe({ name, offset }: BytePlace): string {
    const segment = Object.keys(this.#base.files).indexOf(name);
    let start = 0;
    for (const record of this.#base.segments[segment]!) {
      const len = encodeRecord(record).length;
      if (offset < start + len) return `byte ${offset - start} of ${describeRecord(record)}, at ${start}`;
      start += len;
    }
    return "behind the last record";
  }
}

/** A copy with one bit turned over. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}
