import { type Bytes, FrameCursor, MAX_KEY_LEN, RecordType } from "@datawal/format";
import type { RecordRef } from "@datawal/record-log";
import type { FrameRange } from "@datawal/record-log/internal";
import type { Steps } from "@datawal/safeatomic/internal";
import { DataWalError } from "../data-wal-error.js";
import { CHUNKS_MAX, KeydirArena } from "./arena.js";
import { entryWords } from "./chunk.js";
import { type HashSecret, type KeyHash, randomSecret, sipHash } from "./hash.js";
import { EntryMarks, type KeydirImage, type VisitEntry } from "./image.js";
import { KeydirIndex } from "./page-index.js";
import { KeydirSnapshot } from "./snapshot.js";

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
  #secret: HashSecret = [0, 0];
  readonly #arena: KeydirArena;
  #index: KeydirIndex;
  /** The key that the next change is ready for; its hash, and its address or 0. */
  #reserved: Uint8Array | undefined;
  #reservedHash = 0;
  #reservedAddress = 0;
  /** Where the frame lies, or lay, to which the key led that was set or deleted last. */
  #replacedSegment = 0;
  /** Of the keys of the frames that room was made for last: their hashes, and their addresses or 0. */
  #hashes = new Int32Array(0);
  #addresses = new Int32Array(0);
  #framesCount = 0;
  /** Whether one of these frames deletes a key that was there: it may be new, then, to one behind it. */
  #hasDeletions = false;
  /** As the arena counted them when these addresses were found. */
  #movings = 0;
  readonly #cursor = new FrameCursor();

  constructor({ hash, chunksMax = CHUNKS_MAX }: KeydirOptions = {}) {
    this.#hash = hash ?? sipHash(0, 0);
    this.#needsSecret = hash === undefined;
    const moved = (bytes: Uint8Array, start: number, end: number, from: number, to: number) =>
      this.#index.replace(this.#hash(bytes, start, end), from, to);
    this.#arena = new KeydirArena(moved, chunksMax);
    this.#index = new KeydirIndex(this.#arena);
  }

  /**
   * Makes an empty directory one of an image's memory, which it takes for its own. Whatever that holds, nothing that is
   * done with it later leads out of it, or comes to no end.
   *
   * @param visit Called for each live entry.
   * @throws RangeError where it is no key directory's; then this one is of no more use
   */
  *adopt(image: KeydirImage, visit: VisitEntry): Steps<void> {
    const marks = new EntryMarks();
    yield* this.#arena.adopt(image.chunks, marks, visit);
    yield* this.#index.adopt(image, marks);
    this.#needsSecret = image.secret === undefined;
    this.#secret = image.secret ?? [0, 0];
    this.#hash = sipHash(...this.#secret);
  }

  /** Its memory as it is; valid until the next change. */
  image(): KeydirImage {
    return {
      secret: this.#needsSecret ? undefined : this.#secret,
      chunks: this.#arena.image(),
      pages: this.#index.image(),
      depth: this.#index.depth,
    };
  }

  /** Live keys. */
  get size(): number {
    return this.#index.size;
  }

  /** The segment of the frame that the last {@link set} or {@link delete} has told the length of. */
  get replacedSegment(): number {
    return this.#replacedSegment;
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
   * @param nth Which one it is of the frames that {@link requireRoomForAll} has made room for.
   * @returns The length of the frame that this key led to before; 0 for a new key.
   * @throws As {@link requireRoom}; behind a call of that for the same key, never
   */
  set(key: Uint8Array, ref: RecordRef, start = 0, end = key.length, nth?: number): number {
    if (this.#reserved !== key) this.#reserveSet(key, start, end, nth);
    this.#reserved = undefined;
    const hash = this.#reservedHash;
    const address = this.#reservedAddress;
    if (address === 0) {
      this.#index.add(hash, this.#arena.append(key, start, end, ref));
      return 0;
    }
    const previousLen = this.#arena.len(address);
    this.#replacedSegment = this.#arena.segment(address);
    this.#arena.setRef(address, ref);
    return previousLen;
  }

  /**
   * @returns The length of the frame that this key led to; 0 for a key that was not there.
   * @throws Where there is no memory, having changed nothing; behind {@link reserveDelete} for the same key, never
   */
  delete(key: Uint8Array, start = 0, end = key.length, nth?: number): number {
    if (this.#reserved !== key) this.reserveDelete(key, start, end, nth);
    this.#reserved = undefined;
    const hash = this.#reservedHash;
    const address = this.#reservedAddress;
    if (address === 0) return 0;
    const previousLen = this.#arena.len(address);
    this.#replacedSegment = this.#arena.segment(address);
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
   * To be called before a key's record is written: it takes all the memory that setting the key needs, so that nothing
   * can fail any more once the log has the record.
   *
   * @throws DataWalError ERR_DATAWAL_TOO_MANY_KEYS, and V8's RangeError where there is no memory: nothing was changed
   */
  requireRoom(key: Uint8Array): void {
    this.#reserveSet(key, 0, key.length);
  }

  /** As {@link requireRoom}, for a deletion. */
  reserveDelete(key: Uint8Array, start = 0, end = key.length, nth?: number): void {
    this.#find(key, start, end, nth);
    if (this.#reservedAddress !== 0) this.#arena.unshare(this.#reservedAddress);
    this.#reserved = key;
  }

  /**
   * As {@link requireRoom} and {@link reserveDelete}, for all keys of frames that are written together. Until
   * {@link settle} nothing but these may be set or deleted.
   *
   * @throws As {@link requireRoom}
   */
  requireRoomForAll({ bytes, start, count }: FrameRange): void {
    if (this.#needsSecret && this.size + count > KEYS_WITHOUT_SECRET) this.#takeSecret();
    if (this.#hashes.length < count) {
      this.#hashes = new Int32Array(2 * count);
      this.#addresses = new Int32Array(2 * count);
    }
    this.#hasDeletions = false;
    this.#movings = this.#arena.movings;
    this.#framesCount = 0;
    const cursor = this.#cursor;
    let newWords = 0;
    for (let index = 0, at = start; index < count; index++, at = cursor.end) {
      cursor.readHeader(bytes, at);
      const { keyStart, payloadStart: keyEnd } = cursor;
      this.#find(bytes, keyStart, keyEnd);
      const address = this.#reservedAddress;
      this.#hashes[index] = this.#reservedHash;
      this.#addresses[index] = address;
      this.#framesCount = index + 1;
      if (address !== 0) this.#arena.unshare(address);
      if (cursor.type === RecordType.Delete) this.#hasDeletions ||= address !== 0;
      else if (address === 0 || this.#hasDeletions) {
        newWords += entryWords(keyEnd - keyStart);
        this.#index.promise(this.#reservedHash);
      }
    }
    if (newWords > 0 && !this.#arena.reserve(newWords)) throw this.#full();
  }

  /** Gives back the room that frames were given and did not need, once what the log has of them was taken in. */
  settle(): void {
    this.#arena.releaseSpare();
    if (this.#index.hasPromises)
      for (let index = 0; index < this.#framesCount; index++) this.#index.release(this.#hashes[index]!);
  }

  #reserveSet(key: Uint8Array, start: number, end: number, nth?: number): void {
    // The log will refuse it, and nothing would use what it takes.
    if (end - start > MAX_KEY_LEN) return;
    if (this.#needsSecret && nth === undefined && this.size >= KEYS_WITHOUT_SECRET) this.#takeSecret();
    this.#find(key, start, end, nth);
    if (this.#reservedAddress !== 0) {
      this.#arena.unshare(this.#reservedAddress);
    } else {
      if (!this.#arena.reserve(entryWords(end - start))) throw this.#full();
      this.#index.reserve(this.#reservedHash);
    }
    this.#reserved = key;
  }

  #find(key: Uint8Array, start: number, end: number, nth?: number): void {
    this.#reserved = undefined;
    const hash = nth === undefined ? this.#hash(key, start, end) : this.#hashes[nth]!;
    const isKnown = nth !== undefined && !this.#hasDeletions && this.#movings === this.#arena.movings;
    this.#reservedHash = hash;
    this.#reservedAddress = (isKnown && this.#addresses[nth]) || this.#index.find(hash, key, start, end);
  }

  #takeSecret(): void {
    const secret = randomSecret();
    const hash = sipHash(...secret);
    const index = new KeydirIndex(this.#arena);
    for (const address of this.#arena.addresses()) {
      const key = this.#arena.key(address);
      const hashed = hash(key, 0, key.length);
      index.reserve(hashed);
      index.add(hashed, address);
    }
    this.#needsSecret = false;
    this.#secret = secret;
    this.#hash = hash;
    this.#index = index;
  }

  #full(): DataWalError {
    return new DataWalError(
      "ERR_DATAWAL_TOO_MANY_KEYS",
      `datawal: expected room in the key directory for another key, found ${this.size} keys in ${this.bytes} bytes; nothing was written: delete keys, or divide them among several stores`,
      { keys: this.size, keydirBytes: this.bytes },
    );
  }
}
