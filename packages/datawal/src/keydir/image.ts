import type { Entries } from "./chunk.js";
import type { HashSecret } from "./hash.js";

/** A key directory's memory as it is, to be read back into memory: piece by piece, as it is drawn. */
export interface KeydirImage {
  /** Absent where its hashes are those under no secret. */
  secret: HashSecret | undefined;
  /** The oldest first. */
  chunks: Iterable<ChunkImage>;
  pages: Iterable<PageImage>;
  /** At least that of each page. */
  depth: number;
}

export interface ChunkImage {
  number: number;
  /** All of its `ArrayBuffer` where it is to be adopted. */
  words: Uint32Array;
}

export interface PageImage {
  /** The first of the places at which it stands. */
  place: number;
  depth: number;
  slots: Int32Array;
}

/** Called for each live entry, whose first word is at `at`. */
export type VisitEntry = (entries: Entries, at: number) => void;

/** Where live entries begin that no slot has led to yet: a bit for each address. */
export class EntryMarks {
  count = 0;
  #bits = new Uint32Array(0);

  /** Makes room for the addresses of a chunk. */
  makeRoom(chunkNumber: number): void {
    const needed = (chunkNumber + 1) << 11;
    if (needed <= this.#bits.length) return;
    const bits = new Uint32Array(Math.max(needed, 2 * this.#bits.length));
    bits.set(this.#bits);
    this.#bits = bits;
  }

  mark(address: number): void {
    this.#bits[address >>> 5]! |= 1 << address;
    this.count++;
  }

  /** Takes the mark of an address. @returns false where there is none, or no more */
  take(address: number): boolean {
    const at = address >>> 5;
    const bits = this.#bits[at];
    const bit = 1 << address;
    if (bits === undefined || (bits & bit) === 0) return false;
    this.#bits[at] = bits ^ bit;
    this.count--;
    return true;
  }
}

/** @throws RangeError: the memory is no key directory's */
export function requireSound(isSound: boolean): asserts isSound {
  if (!isSound) throw new RangeError("datawal: expected the memory of a key directory, found other bytes");
}
