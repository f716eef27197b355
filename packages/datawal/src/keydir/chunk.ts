import { type Bytes, MAX_KEY_LEN } from "@datawal/format";
import type { RecordRef } from "@datawal/record-log";

// A key's entry: its head word, then the place of its record, then its bytes, filled up to a whole word.
// The head word is the key's length, doubled, plus one once the entry is dead.
const SEGMENT = 1;
const OFFSET_LOW = 2;
const OFFSET_HIGH = 3;
const LEN = 4;
const KEY = 5;

/** Bytes of the words in which an entry's key begins. */
export const KEY_OFFSET_BYTES = KEY * 4;

/** Words of a full chunk, 256 KiB; an entry's place in it takes 16 bits. Three of the longest keys fit. */
export const CHUNK_WORDS = 1 << 16;

/** Words of the entry of a key of `keyLen` bytes. */
export function entryWords(keyLen: number): number {
  return KEY + ((keyLen + 3) >>> 2);
}

/** Words of the longest entry. */
export const ENTRY_WORDS_MAX = entryWords(MAX_KEY_LEN);

/** Entries, one behind the other, as two views of one memory. */
export interface Entries {
  words: Uint32Array;
  bytes: Uint8Array;
  /** Words that hold entries, from the first word on. */
  usedWords: number;
}

export function entriesOf(words: Uint32Array, usedWords: number): Entries {
  return { words, bytes: new Uint8Array(words.buffer), usedWords };
}

// `at` is an entry's first word.

export function keyLenAt({ words }: Entries, at: number): number {
  return words[at]! >>> 1;
}

export function isLiveAt({ words }: Entries, at: number): boolean {
  return (words[at]! & 1) === 0;
}

export function lenAt({ words }: Entries, at: number): number {
  return words[at + LEN]!;
}

export function segmentAt({ words }: Entries, at: number): number {
  return words[at + SEGMENT]!;
}

/** A copy. */
export function keyAt({ words, bytes }: Entries, at: number): Bytes {
  const start = at * 4 + KEY_OFFSET_BYTES;
  return bytes.slice(start, start + (words[at]! >>> 1));
}

export function offsetAt({ words }: Entries, at: number): number {
  return words[at + OFFSET_HIGH]! * 2 ** 32 + words[at + OFFSET_LOW]!;
}

export function refAt(entries: Entries, at: number): RecordRef {
  return { segment: segmentAt(entries, at), offset: offsetAt(entries, at), len: lenAt(entries, at) };
}

/** Whether the key of a live entry is the bytes [start, end). */
export function isKeyAt(
  { words, bytes }: Entries,
  at: number,
  key: Uint8Array,
  start: number,
  end: number,
): boolean {
  if (words[at] !== (end - start) * 2) return false;
  let mine = at * 4 + KEY_OFFSET_BYTES;
  for (let theirs = start; theirs < end; theirs++) {
    if (bytes[mine++] !== key[theirs]) return false;
  }
  return true;
}

/** Writes a live entry of the key's bytes [start, end), all but its place. */
export function writeKeyAt(
  { words, bytes }: Entries,
  at: number,
  key: Uint8Array,
  start: number,
  end: number,
): void {
  words[at] = (end - start) * 2;
  let mine = at * 4 + KEY_OFFSET_BYTES;
  for (let theirs = start; theirs < end; theirs++) bytes[mine++] = key[theirs]!;
}

export function writeRefAt({ words }: Entries, at: number, ref: RecordRef): void {
  const { offset } = ref;
  words[at + SEGMENT] = ref.segment;
  words[at + OFFSET_LOW] = offset;
  words[at + OFFSET_HIGH] = offset / 2 ** 32;
  words[at + LEN] = ref.len;
}

export function markDeadAt({ words }: Entries, at: number): void {
  words[at]! |= 1;
}
