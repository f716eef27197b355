import type { Bytes } from "@datawal/format";
import type { RecordRef } from "@datawal/record-log";
import type { Steps } from "@datawal/safeatomic/internal";
import {
  CHUNK_WORDS,
  ENTRY_WORDS_MAX,
  type Entries,
  entriesOf,
  entryWords,
  isKeyAt,
  isLiveAt,
  KEY_OFFSET_BYTES,
  keyAt,
  keyLenAt,
  lenAt,
  markDeadAt,
  refAt,
  segmentAt,
  writeKeyAt,
  writeRefAt,
} from "./chunk.js";
import { type ChunkImage, type EntryMarks, requireSound, type VisitEntry } from "./image.js";

/** An address is a chunk's number and a place in it, in 16 bits each; 0 is none. With full chunks that is 16 GiB. */
export const CHUNKS_MAX = 0xffff;

/** The first chunk of a table begins this small, and doubles: most tables are small. */
const FIRST_CHUNK_WORDS = 1 << 4;

/** One piece of the arena; the next one holds what was set later. */
class Chunk implements Entries {
  words: Uint32Array;
  bytes: Uint8Array;
  usedWords = 0;
  /** Words of the entries whose keys are live. */
  liveWords = 0;
  /** Entries before this word are dead: finding the oldest key again and again must not cost a pass over them. */
  liveFrom = 0;
  previous: Chunk | undefined;
  next: Chunk | undefined;
  /** Once the chunk is out of the arena: where its live entries went, behind how many words of others'. */
  movedTo: Chunk | undefined;
  movedBehindWords = 0;
  /** Whether each live entry is what its key leads to: of an image's it is not known. */
  isFound = true;
  /** The snapshots taken before its memory was made: later ones share it. */
  epoch: number;
  readonly number: number;

  constructor(number: number, words: Uint32Array, epoch: number) {
    this.number = number;
    this.words = words;
    this.bytes = new Uint8Array(this.words.buffer);
    this.epoch = epoch;
  }
}

/**
 * Called for each entry that was moved, with its key's bytes [start, end); throws where that is not what the key leads to.
 */
type Moved = (bytes: Uint8Array, start: number, end: number, from: number, to: number) => void;

/**
 * Keys and places in the order in which they were set first, in chunks that are allocated one by one and never copied
 * as a whole. A deleted key leaves a hole; neighbours whose live entries fit into one chunk become one, so that at
 * least half of the memory is live, but for two chunks. That costs no more than setting the entries did: each
 * merger ends a chunk.
 */
export class KeydirArena {
  /** How often entries were moved: their addresses before mean nothing any more. */
  movings = 0;
  readonly #moved: Moved;
  readonly #chunksMax: number;
  /** By number; the first one is unused. */
  readonly #chunks: (Chunk | undefined)[] = [undefined];
  readonly #freeNumbers: number[] = [];
  /** Memory of full chunks to come. */
  readonly #spare: Uint32Array[] = [];
  #oldest: Chunk;
  #newest: Chunk;
  #epoch = 0;
  #byteCount = 0;

  /** @param chunksMax At most {@link CHUNKS_MAX}. */
  constructor(moved: Moved, chunksMax: number) {
    this.#moved = moved;
    this.#chunksMax = chunksMax;
    this.#oldest = this.#newest = this.#place(1, new Uint32Array(FIRST_CHUNK_WORDS));
  }

  /** Bytes of memory. */
  get byteCount(): number {
    return this.#byteCount;
  }

  /** Words of entries, whatever their lengths, for which there surely is room. */
  get #roomWords(): number {
    const chunks = this.#freeNumbers.length + this.#chunksMax - (this.#chunks.length - 1);
    return chunks > 0 ? chunks * (CHUNK_WORDS - ENTRY_WORDS_MAX) : CHUNK_WORDS - this.#newest.usedWords;
  }

  /**
   * Takes the memory that entries of so many words need: appending them cannot fail then.
   *
   * @returns Whether there is room for them.
   */
  reserve(words: number): boolean {
    const chunk = this.#newest;
    const wanted = Math.min(chunk.usedWords + words, CHUNK_WORDS);
    if (wanted > chunk.words.length) this.#resize(chunk, 2 ** Math.ceil(Math.log2(wanted)));
    // A batch may change what it has appended.
    else this.unshare(chunk.number << 16);
    if (chunk.usedWords + words <= CHUNK_WORDS) return true;
    if (words > this.#roomWords) return false;
    const chunks = Math.ceil(words / (CHUNK_WORDS - ENTRY_WORDS_MAX));
    while (this.#spare.length < chunks) this.#spare.push(new Uint32Array(CHUNK_WORDS));
    return true;
  }

  /** Gives back what was reserved and not used. */
  releaseSpare(): void {
    this.#spare.length = 0;
  }

  /** Adds an entry behind all others; behind {@link reserve}. @returns Its address. */
  append(key: Uint8Array, start: number, end: number, ref: RecordRef): number {
    const needed = entryWords(end - start);
    if (this.#newest.usedWords + needed > CHUNK_WORDS) this.#beginChunk();
    const chunk = this.#newest;
    const at = chunk.usedWords;
    writeKeyAt(chunk, at, key, start, end);
    writeRefAt(chunk, at, ref);
    chunk.usedWords += needed;
    chunk.liveWords += needed;
    return (chunk.number << 16) | at;
  }

  isKey(address: number, key: Uint8Array, start: number, end: number): boolean {
    return isKeyAt(this.#chunkOf(address), address & 0xffff, key, start, end);
  }

  key(address: number): Bytes {
    return keyAt(this.#chunkOf(address), address & 0xffff);
  }

  ref(address: number): RecordRef {
    return refAt(this.#chunkOf(address), address & 0xffff);
  }

  len(address: number): number {
    return lenAt(this.#chunkOf(address), address & 0xffff);
  }

  segment(address: number): number {
    return segmentAt(this.#chunkOf(address), address & 0xffff);
  }

  setRef(address: number, ref: RecordRef): void {
    writeRefAt(this.unshare(address), address & 0xffff, ref);
  }

  delete(address: number): void {
    const chunk = this.unshare(address);
    markDeadAt(chunk, address & 0xffff);
    chunk.liveWords -= entryWords(keyLenAt(chunk, address & 0xffff));
    while (chunk.liveFrom < chunk.usedWords && !isLiveAt(chunk, chunk.liveFrom)) {
      chunk.liveFrom += entryWords(keyLenAt(chunk, chunk.liveFrom));
    }
    this.#tidy(chunk);
  }

  /** The addresses of live entries, in their order; each holds until the next change. Live, as an iterator of a `Map`. */
  *addresses(): Generator<number, void, void> {
    let chunk: Chunk | undefined = this.#oldest;
    let at = 0;
    while (chunk) {
      if (chunk.movedTo) {
        at = chunk.movedBehindWords + liveWordsBefore(chunk, at);
        chunk = chunk.movedTo;
      } else if (at < chunk.liveFrom) {
        at = chunk.liveFrom;
      } else if (at === chunk.usedWords) {
        at = 0;
        chunk = chunk.next;
      } else {
        const entry = at;
        at += entryWords(keyLenAt(chunk, at));
        if (isLiveAt(chunk, entry)) yield (chunk.number << 16) | entry;
      }
    }
  }

  /** What is there now. Memory is shared: a chunk is copied when it is changed next. */
  snapshot(): Entries[] {
    this.#epoch++;
    const images: Entries[] = [];
    for (let chunk: Chunk | undefined = this.#oldest; chunk; chunk = chunk.next)
      images.push(entriesOf(chunk.words, chunk.usedWords));
    return images;
  }

  /** Its memory as it is, the oldest chunk first; valid until the next change. */
  image(): ChunkImage[] {
    const images: ChunkImage[] = [];
    for (let chunk: Chunk | undefined = this.#oldest; chunk; chunk = chunk.next)
      images.push({ number: chunk.number, words: chunk.words.subarray(0, chunk.usedWords) });
    return images;
  }

  /** As `Keydir.adopt`; marks each live entry. */
  *adopt(images: Iterable<ChunkImage>, marks: EntryMarks, visit: VisitEntry): Steps<void> {
    this.#chunks.length = 1;
    this.#byteCount = 0;
    let newest: Chunk | undefined;
    for (const { number, words } of images) {
      const isFree = number >= 1 && number <= this.#chunksMax && this.#chunks[number] === undefined;
      requireSound(isFree && words.length <= CHUNK_WORDS);
      const chunk = this.#place(number, words);
      if (newest) link(newest, chunk);
      else this.#oldest = chunk;
      newest = chunk;
      chunk.isFound = false;
      marks.makeRoom(number);
      adoptEntries(chunk, marks, visit);
      yield { kind: "progress", bytesDone: 0, bytesTotal: 0 };
    }
    requireSound(newest !== undefined);
    this.#newest = newest;
    for (let number = 1; number < this.#chunks.length; number++)
      if (!this.#chunks[number]) this.#freeNumbers.push(number);
  }

  #chunkOf(address: number): Chunk {
    return this.#chunks[address >>> 16]!;
  }

  /** Gives the chunk of an address memory that no snapshot sees: changing the entry cannot fail then. */
  unshare(address: number): Chunk {
    const chunk = this.#chunkOf(address);
    if (chunk.epoch !== this.#epoch) this.#resize(chunk, chunk.words.length);
    return chunk;
  }

  #resize(chunk: Chunk, words: number): void {
    const { words: old, usedWords } = chunk;
    Object.assign(chunk, entriesOf(new Uint32Array(words), usedWords));
    chunk.words.set(old.subarray(0, usedWords));
    chunk.epoch = this.#epoch;
    this.#byteCount += (words - old.length) * 4;
  }

  #beginChunk(): void {
    const chunk = this.#newest;
    const words = this.#spare.pop()!;
    this.#newest = this.#place(this.#freeNumbers.pop() ?? this.#chunks.length, words);
    link(chunk, this.#newest);
    this.#tidy(chunk);
  }

  #place(number: number, words: Uint32Array): Chunk {
    const chunk = new Chunk(number, words, this.#epoch);
    this.#chunks[number] = chunk;
    this.#byteCount += words.byteLength;
    return chunk;
  }

  #tidy(chunk: Chunk): void {
    try {
      this.#joinOrRemove(chunk);
    } catch {
      // No memory to join two chunks in, or an image with wrong hashes: both stay as they are, and the next deletion tries again.
    }
  }

  /** Ends a chunk that holds nothing any more, or whose entries fit into one chunk with a neighbour's. */
  #joinOrRemove(chunk: Chunk): void {
    if (chunk === this.#newest) return;
    const { previous, next } = chunk;
    if (chunk.liveWords === 0) this.#remove(chunk, previous, next!);
    else if (previous && fit(previous, chunk)) this.#merge(previous, chunk);
    else if (next !== this.#newest && fit(chunk, next!)) this.#merge(chunk, next!);
  }

  #remove(chunk: Chunk, previous: Chunk | undefined, next: Chunk): void {
    this.#free(chunk, next, 0);
    this.#freeNumbers.push(chunk.number);
    this.#chunks[chunk.number] = undefined;
    if (this.#oldest === chunk) this.#oldest = next;
    link(previous, next);
    // An iterator that stopped here needs none of it.
    Object.assign(chunk, NOTHING);
  }

  #merge(first: Chunk, second: Chunk): void {
    this.#requireFound(first);
    this.#requireFound(second);
    this.movings++;
    const { previous } = first;
    const { next } = second;
    const merged = this.#place(first.number, new Uint32Array(first.liveWords + second.liveWords));
    this.#free(first, merged, 0);
    this.#free(second, merged, first.liveWords);
    this.#freeNumbers.push(second.number);
    this.#chunks[second.number] = undefined;
    if (this.#oldest === first) this.#oldest = merged;
    link(previous, merged);
    link(merged, next);
    this.#moveEntries(first, merged);
    this.#moveEntries(second, merged);
  }

  /** Takes a chunk out of the arena, but leaves its memory to iterators that stopped in it. */
  #free(chunk: Chunk, movedTo: Chunk, behindWords: number): void {
    chunk.movedTo = movedTo;
    chunk.movedBehindWords = behindWords;
    chunk.previous = chunk.next = undefined;
    this.#byteCount -= chunk.words.length * 4;
  }

  /** An image may have had wrong hashes: half way through a merger it would be too late to see it. */
  #requireFound(chunk: Chunk): void {
    for (let at = 0; !chunk.isFound && at < chunk.usedWords; at += entryWords(keyLenAt(chunk, at))) {
      const start = at * 4 + KEY_OFFSET_BYTES;
      const address = (chunk.number << 16) | at;
      if (isLiveAt(chunk, at)) this.#moved(chunk.bytes, start, start + keyLenAt(chunk, at), address, address);
    }
    chunk.isFound = true;
  }

  #moveEntries(from: Chunk, to: Chunk): void {
    for (let at = 0; at < from.usedWords; ) {
      const words = entryWords(keyLenAt(from, at));
      if (isLiveAt(from, at)) {
        const moved = to.usedWords;
        for (let index = 0; index < words; index++) to.words[moved + index] = from.words[at + index]!;
        to.usedWords += words;
        to.liveWords += words;
        const start = moved * 4 + KEY_OFFSET_BYTES;
        const end = start + keyLenAt(to, moved);
        this.#moved(to.bytes, start, end, (from.number << 16) | at, (to.number << 16) | moved);
      }
      at += words;
    }
  }
}

function adoptEntries(chunk: Chunk, marks: EntryMarks, visit: VisitEntry): void {
  const { words, number } = chunk;
  const end = words.length;
  let liveWords = 0;
  let at = 0;
  while (at < end) {
    const head = words[at]!;
    const needed = entryWords(head >>> 1);
    requireSound(at + needed <= end);
    if ((head & 1) === 0) {
      liveWords += needed;
      marks.mark((number << 16) | at);
      visit(chunk, at);
    }
    at += needed;
  }
  chunk.usedWords = end;
  chunk.liveWords = liveWords;
}

const NOTHING = entriesOf(new Uint32Array(0), 0);

function link(previous: Chunk | undefined, next: Chunk | undefined): void {
  if (previous) previous.next = next;
  if (next) next.previous = previous;
}

function fit(first: Chunk, second: Chunk): boolean {
  return first.liveWords + second.liveWords <= CHUNK_WORDS;
}

/** Of a chunk that was moved, and so changes no more. */
function liveWordsBefore(chunk: Chunk, end: number): number {
  let liveWords = 0;
  for (let at = 0; at < Math.min(end, chunk.usedWords); ) {
    const words = entryWords(keyLenAt(chunk, at));
    if (isLiveAt(chunk, at)) liveWords += words;
    at += words;
  }
  return liveWords;
}
