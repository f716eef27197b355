import type { RecordType } from "@datawal/format";

const FIRST_BYTES = 4096;

/** The types and keys of the records of a batch, as copies: a caller may reuse its memory once a pair is drawn. */
export class DrawnKeys {
  readonly types: RecordType[] = [];
  /** The keys, one behind the other. */
  bytes = new Uint8Array(FIRST_BYTES);
  /** Where each key ends in them. */
  readonly ends: number[] = [];
  #byteCount = 0;

  add(type: RecordType, key: Uint8Array): void {
    const start = this.#byteCount;
    const end = start + key.length;
    if (end > this.bytes.length) this.#grow(end);
    this.bytes.set(key, start);
    this.#byteCount = end;
    this.types.push(type);
    this.ends.push(end);
  }

  #grow(byteCount: number): void {
    const grown = new Uint8Array(Math.max(byteCount, 2 * this.bytes.length));
    grown.set(this.bytes);
    this.bytes = grown;
  }
}
