import type { Bytes } from "@datawal/format";
import type { RecordRef } from "@datawal/record-log";
import { DataWalError } from "./data-wal-error.js";
import { CHUNKS_MAX, KeydirArena } from "./keydir-arena.js";
import { entryWords } from "./keydir-chunk.js";
import { type KeyHash, randomSipHash, sipHash } from "./keydir-hash.js";
import { KeydirIndex } from "./keydir-index.js";
import { KeydirSnapshot } from "./keydir-snapshot.js";

/**
 * Up to so many keys are hashed under no secret, which costs a process 3 ms to get: that many do little harm when all
 * of them collide.
 */
const KEYS_WITHOUT_SECRET = 256;

export interface KeydirOptions {
  /** How keys are hashed; by default under a secret of this directory, once it has many. */
  hash?: KeyHash;
  /** Chunks of the arena, 256 KiB each. */
  chunksMax?: number;
}

/**
 * The key directory: from each live key to where its Put lies. Ordered and iterated live, as a `Map`.
 *
 * Keys and places lie in an arena in the order of the keys; an index of their hashes finds them. Both grow in pieces.
 * A key of 16 bytes takes 47 to 58 bytes.
 */
export class Keydir {
  #hash: KeyHash;
  #needsSecret: boolean;
  readonly #arena: KeydirArena;
  #index: KeydirIndex;

  constructor({ hash, chunksMax = CHUNKS_MAX }: KeydirOptions = {}) {
    this.#hash = hash ?? sipHash(0, 0);
    this.#needsSecret = hash === undefined;
    const moved = (bytes: Uint8Array, start: number, end: number, from: number, to: number) =>
      this.#index.replace(this.#hash(bytes, start, end), from, to);
    this.#arena = new KeydirArena(moved, chunksMax);
    this.#index = new KeydirIndex(this.#arena);
  }

  /** Live keys. */
  get size(): number {
    return this.#index.size;
  }

  /** Bytes of memory. */
  get bytes(): number {
    return this.#arena.byteCount + this.#index.byteCount;
  }

  // Keys are given as the bytes [start, end) of memory that is not kept; by default as all of it.

  /** @returns The caller's to keep. */
  get(key: Uint8Array, start = 0, end = key.length): RecordRef | undefined {
    const address = this.#index.find(this.#hash(key, start, end), key, start, end);
    return address === 0 ? undefined : this.#arena.ref(address);
  }

  /**
   * @param ref Not kept.
   * @returns The length of the frame that this key led to before; 0 for a new key.
   * @throws DataWalError ERR_DATAWAL_TOO_MANY_KEYS: nothing was changed
   */
  set(key: Uint8Array, ref: RecordRef, start = 0, end = key.length): number {
    if (this.#needsSecret && this.size === KEYS_WITHOUT_SECRET) this.#takeSecret();
    const hash = this.#hash(key, start, end);
    let address = this.#index.find(hash, key, start, end);
    const previousLen = address === 0 ? 0 : this.#arena.len(address);
    if (address === 0) {
      address = this.#arena.append(key, start, end);
      if (address === 0) throw this.#full();
      this.#index.add(hash, address);
    }
    this.#arena.setRef(address, ref);
    return previousLen;
  }

  /** @returns The length of the frame that this key led to; 0 for a key that was not there. */
  delete(key: Uint8Array, start = 0, end = key.length): number {
    const hash = this.#hash(key, start, end);
    const address = this.#index.find(hash, key, start, end);
    if (address === 0) return 0;
    const previousLen = this.#arena.len(address);
    this.#index.delete(hash, address);
    this.#arena.delete(address);
    return previousLen;
  }

  /** Copies, the caller's to keep. */
  *entries(): IterableIterator<[key: Bytes, ref: RecordRef]> {
    for (const address of this.#arena.addresses()) yield [this.#arena.key(address), this.#arena.ref(address)];
  }

  /** What is there now, whatever is set or deleted later. */
  snapshot(): KeydirSnapshot {
    return new KeydirSnapshot(this.#arena.snapshot(), this.size);
  }

  /**
   * To be called before a key's record is written: when it returns, the key can be set.
   *
   * @param pendingWords The sum of what this returned for keys that will be set before.
   * @returns Words of memory that the key's entry may take.
   * @throws DataWalError ERR_DATAWAL_TOO_MANY_KEYS
   */
  requireRoom(key: Uint8Array, pendingWords = 0): number {
    const words = entryWords(key.length);
    if (pendingWords + words > this.#arena.roomWords && !this.get(key)) throw this.#full();
    return words;
  }

  #takeSecret(): void {
    this.#needsSecret = false;
    this.#hash = randomSipHash();
    this.#index = new KeydirIndex(this.#arena);
    for (const address of this.#arena.addresses()) {
      const key = this.#arena.key(address);
      this.#index.add(this.#hash(key, 0, key.length), address);
    }
  }

  #full(): DataWalError {
    return new DataWalError(
      "ERR_DATAWAL_TOO_MANY_KEYS",
      `datawal: expected room in the key directory for another key, found ${this.size} keys in ${this.bytes} bytes; nothing was written: delete keys, or divide them among several stores`,
      { keys: this.size, keydirBytes: this.bytes },
    );
  }
}
