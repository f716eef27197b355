import { type Entries, KEY_OFFSET_BYTES, keyLenAt } from "./chunk.js";

/** Entries that are looked at between two steps: one or two milliseconds' work. */
const STEP_ENTRIES = 1 << 14;
/** Groups up to this size are sorted at once, in about a millisecond. */
const SORT_AT_ONCE_MAX = 1 << 14;
/** Groups up to this size are sorted by comparing whole keys. */
const COMPARE_MAX = 8;

/** Bytes of a key that one prefix holds. */
const PREFIX_BYTES = 3;
/** Stands in a prefix's fourth byte where the key goes on; else how many bytes are left, so that shorter keys come first. */
const GOES_ON = PREFIX_BYTES + 1;

// The halves of a pair, as 32-bit words: the prefix is the upper one, so that pairs sort by it.
const IS_LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
const ADDRESS = IS_LITTLE_ENDIAN ? 0 : 1;
const PREFIX = 1 - ADDRESS;

/** Pairs [from, to) whose keys agree in their first `depth` bytes. */
interface Group {
  from: number;
  to: number;
  depth: number;
}

/** Puts addresses of entries into the order of their keys' bytes (unsigned, a prefix first). */
export class KeydirSort {
  readonly #chunks: readonly Entries[];
  readonly #pairs: BigUint64Array;
  readonly #words: Uint32Array;
  readonly #groups: Group[];
  #looks = 0;

  /** @param count How many addresses there are; memory of 8 bytes for each is taken. */
  constructor(chunks: readonly Entries[], count: number) {
    this.#chunks = chunks;
    this.#pairs = new BigUint64Array(count);
    this.#words = new Uint32Array(this.#pairs.buffer);
    this.#groups = [{ from: 0, to: count, depth: 0 }];
  }

  addressAt(index: number): number {
    return this.#words[index * 2 + ADDRESS]!;
  }

  setAddressAt(index: number, address: number): void {
    this.#words[index * 2 + ADDRESS] = address;
  }

  /**
   * Sorts, in steps of a few milliseconds. Keys are often in order, behind a compaction or where they begin with a time:
   * that is seen first. Else most significant bytes first: a large group is divided by its first byte, a smaller one
   * sorted by three bytes at once as numbers, and what still agrees is a group of its own.
   */
  *run(): Generator<void, void, void> {
    if (yield* this.#isInOrder()) return;
    for (let group = this.#groups.pop(); group; group = this.#groups.pop()) {
      const { from, to, depth } = group;
      if (to - from <= COMPARE_MAX) {
        this.#sortByComparing(group);
      } else if (yield* this.#loadPrefixes(group)) {
        this.#groups.push({ from, to, depth: depth + PREFIX_BYTES });
      } else if (to - from <= SORT_AT_ONCE_MAX) {
        this.#pairs.subarray(from, to).sort();
        this.#pushEqual(group);
      } else {
        yield* this.#divide(group);
      }
      if (this.#isStep(to - from)) yield;
    }
  }

  *#isInOrder(): Generator<void, boolean, void> {
    const count = this.#pairs.length;
    for (let index = 1; index < count; index++) {
      if (this.#compare(this.addressAt(index - 1), this.addressAt(index), 0) > 0) return false;
      if (this.#isStep(1)) yield;
    }
    return true;
  }

  #isStep(looks: number): boolean {
    this.#looks += looks;
    if (this.#looks < STEP_ENTRIES) return false;
    this.#looks = 0;
    return true;
  }

  /** @returns Whether all are the same: then every key goes on. */
  *#loadPrefixes({ from, to, depth }: Group): Generator<void, boolean, void> {
    const first = this.#prefixOf(this.addressAt(from), depth);
    let areSame = true;
    for (let index = from; index < to; index++) {
      const prefix = this.#prefixOf(this.addressAt(index), depth);
      if (prefix !== first) areSame = false;
      this.#words[index * 2 + PREFIX] = prefix;
      if (this.#isStep(1)) yield;
    }
    return areSame;
  }

  #prefixOf(address: number, depth: number): number {
    const chunk = this.#chunks[address >>> 16]!;
    const at = address & 0xffff;
    const left = Math.min(keyLenAt(chunk, at) - depth, GOES_ON);
    const start = at * 4 + KEY_OFFSET_BYTES + depth;
    let prefix = left;
    for (let index = 0; index < PREFIX_BYTES && index < left; index++) {
      prefix |= chunk.bytes[start + index]! << (24 - index * 8);
    }
    return prefix >>> 0;
  }

  #pushEqual({ from, to, depth }: Group): void {
    for (let start = from, index = from + 1; index <= to; index++) {
      if (index < to && this.#words[index * 2 + PREFIX] === this.#words[start * 2 + PREFIX]) continue;
      if (index - start > 1) this.#groups.push({ from: start, to: index, depth: depth + PREFIX_BYTES });
      start = index;
    }
  }

  /** Moves the pairs, in place, to where those with the same first byte are: 0 is for the key that ends here, if any. */
  *#divide({ from, to, depth }: Group): Generator<void, void, void> {
    const ends = new Uint32Array(257);
    for (let index = from; index < to; index++) {
      ends[this.#bucketAt(index)]!++;
      if (this.#isStep(1)) yield;
    }
    const nexts = new Uint32Array(257);
    for (let bucket = 0, end = from; bucket <= 256; bucket++) {
      nexts[bucket] = end;
      end += ends[bucket]!;
      ends[bucket] = end;
      if (bucket > 0 && end - nexts[bucket]! > 1)
        this.#groups.push({ from: nexts[bucket]!, to: end, depth: depth + 1 });
    }
    for (let bucket = 0; bucket <= 256; bucket++) {
      while (nexts[bucket]! < ends[bucket]!) {
        const target = this.#bucketAt(nexts[bucket]!);
        const place = nexts[target]!++;
        if (target !== bucket) this.#swap(nexts[bucket]!, place);
        if (this.#isStep(1)) yield;
      }
    }
  }

  #bucketAt(index: number): number {
    const prefix = this.#words[index * 2 + PREFIX]!;
    return (prefix & 0xff) === 0 ? 0 : (prefix >>> 24) + 1;
  }

  #swap(one: number, other: number): void {
    const words = this.#words;
    const address = words[one * 2 + ADDRESS]!;
    const prefix = words[one * 2 + PREFIX]!;
    words[one * 2 + ADDRESS] = words[other * 2 + ADDRESS]!;
    words[one * 2 + PREFIX] = words[other * 2 + PREFIX]!;
    words[other * 2 + ADDRESS] = address;
    words[other * 2 + PREFIX] = prefix;
  }

  #sortByComparing({ from, to, depth }: Group): void {
    for (let index = from + 1; index < to; index++) {
      const address = this.addressAt(index);
      let place = index;
      while (place > from && this.#compare(this.addressAt(place - 1), address, depth) > 0) {
        this.setAddressAt(place, this.addressAt(place - 1));
        place--;
      }
      this.setAddressAt(place, address);
    }
  }

  #compare(one: number, other: number, depth: number): number {
    const oneChunk = this.#chunks[one >>> 16]!;
    const otherChunk = this.#chunks[other >>> 16]!;
    const oneLen = keyLenAt(oneChunk, one & 0xffff);
    const otherLen = keyLenAt(otherChunk, other & 0xffff);
    const oneStart = (one & 0xffff) * 4 + KEY_OFFSET_BYTES;
    const otherStart = (other & 0xffff) * 4 + KEY_OFFSET_BYTES;
    const end = Math.min(oneLen, otherLen);
    let index = depth;
    while (index < end && oneChunk.bytes[oneStart + index] === otherChunk.bytes[otherStart + index]) index++;
    // Sixteen bytes take about as long as the look at an entry.
    this.#looks += (index - depth) >>> 4;
    if (index === end) return oneLen - otherLen;
    return oneChunk.bytes[oneStart + index]! - otherChunk.bytes[otherStart + index]!;
  }
}
