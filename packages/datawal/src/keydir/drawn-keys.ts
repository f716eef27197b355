import { RecordType } from "@datawal/format";
import type { KeyHash } from "./hash.js";

const FIRST_BYTES = 256;

/** The types and keys of the records of a batch, as copies: a caller may reuse its memory once a pair is drawn. */
export class DrawnKeys {
  readonly types: RecordType[] = [];
  /** The keys, one behind the other. */
  bytes = new Uint8Array(FIRST_BYTES);
  /** Where each key ends in them. */
  readonly ends: number[] = [];
  /** Of each key, as the key directory hashes them now. */
  readonly hashes: number[] = [];
  hasDeletions = false;
  /** Words of a key directory's memory that are kept for those that may be new. */
  newWords = 0;
  #byteCount = 0;
  /** Of each key the type of its last record, among the first {@link #keptCount}. */
  readonly #lastTypes = new Map<string, RecordType>();
  #keptCount = 0;

  add(type: RecordType, key: Uint8Array): void {
    const start = this.#byteCount;
    const end = start + key.length;
    if (end > this.bytes.length) this.#grow(end);
    this.bytes.set(key, start);
    this.#byteCount = end;
    this.types.push(type);
    this.ends.push(end);
    this.hasDeletions ||= type === RecordType.Delete;
  }

  /** The type of a key's last record in the batch. Who never asks pays nothing. */
  lastType(key: Uint8Array): RecordType | undefined {
    for (; this.#keptCount < this.ends.length; this.#keptCount++) {
      const drawn = this.bytes.subarray(this.ends[this.#keptCount - 1] ?? 0, this.ends[this.#keptCount]!);
      this.#lastTypes.set(latin1(drawn), this.types[this.#keptCount]!);
    }
    return this.#lastTypes.get(latin1(key));
  }

  /** Hashes anew those that were hashed before. */
  rehash(hash: KeyHash): void {
    for (let index = 0; index < this.hashes.length; index++)
      this.hashes[index] = hash(this.bytes, this.ends[index - 1] ?? 0, this.ends[index]!);
  }

  #grow(byteCount: number): void {
    const grown = new Uint8Array(Math.max(byteCount, 2 * this.bytes.length));
    grown.set(this.bytes);
    this.bytes = grown;
  }
}

function latin1({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString("latin1");
}
