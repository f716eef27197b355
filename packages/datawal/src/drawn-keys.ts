import type { RecordType } from "@datawal/format";

const FIRST_BYTES = 4096;

/** The types and keys of the records of a batch, as copies: a caller may reuse its memory once a pair is drawn. */
export class DrawnKeys {
  /** The keys, one behind the other: the n-th is [endOf(n - 1), endOf(n)). */
  bytes = new Uint8Array(FIRST_BYTES);
  readonly types: RecordType[] = [];
  readonly #ends: number[] = [];
  #byteCount = 0;

  add(type: RecordType, key: Uint8Array): void {
    const end = this.#byteCount + key.length;
    if (end > this.bytes.length) this.#grow(end);
    this.bytes.set(key, this.#byteCount);
    this.#byteCount = end;
    this.types.push(type);
    this.#ends.push(end);
  }

  /** @param index from -1 (where the first key begins). */
  endOf(index: number): number {
    return index < 0 ? 0 : this.#ends[index]!;
  }

  #grow(byteCount: number): void {
    const grown = new Uint8Array(Math.max(byteCount, 2 * this.bytes.length));
    grown.set(this.bytes);
    this.bytes = grown;
  }
}
