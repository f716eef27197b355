import type { Steps } from "@datawal/safeatomic/internal";
import type { KeydirArena } from "./arena.js";
import { type EntryMarks, type KeydirImage, type PageImage, requireSound } from "./image.js";

/** Slots of a full page: 32 KiB, split in a few tens of microseconds. */
const PAGE_SLOTS = 1 << 12;
/** The first page of a table begins this small, and doubles: most tables are small. */
const FIRST_PAGE_SLOTS = 1 << 4;
/** More than 2^32 keys need; a table of so many places takes 128 MiB. */
const DEPTH_MAX = 24;

/** An open-addressing table with linear probing; an entry's home slot is the top bits of its hash. */
class Page {
  /** Two words a slot: hash and address, which is 0 in an empty slot. */
  slots: Int32Array;
  /** How far to shift a hash down to get its home slot. */
  shift: number;
  count = 0;
  /** The hashes of keys of a batch, for which there is room beside the entries. */
  promised: number[] = [];
  /** The hashes of all entries agree in this many of their lowest bits. */
  depth: number;

  constructor(slotCount: number, depth: number) {
    this.slots = new Int32Array(slotCount * 2);
    this.shift = Math.clz32(slotCount) + 1;
    this.depth = depth;
  }

  /** A page of an image's slots, each of whose entries is found from its hash, and takes the mark of what it leads to. */
  static of({ place, depth, slots }: PageImage, marks: EntryMarks): Page {
    const page = new Page(1, depth);
    page.slots = slots;
    const { slotCount } = page;
    const shift = Math.clz32(slotCount) + 1;
    requireSound(slotCount >= FIRST_PAGE_SLOTS && slots.length === 2 ** (33 - shift));
    const last = slotCount - 1;
    const mask = 2 ** depth - 1;
    let empty = 0;
    while (empty < slotCount && slots[2 * empty + 1] !== 0) empty++;
    requireSound(empty < slotCount);
    let runStart = empty + 1;
    let count = 0;
    for (let at = runStart; at < empty + slotCount; at++) {
      const slot = 2 * (at & last);
      const address = slots[slot + 1]!;
      if (address === 0) {
        runStart = at + 1;
        continue;
      }
      const hash = slots[slot]!;
      const isReached = ((at - (hash >>> shift)) & last) <= at - runStart;
      requireSound(isReached && ((hash ^ place) & mask) === 0 && marks.take(address));
      count++;
    }
    page.shift = shift;
    page.count = count;
    return page;
  }

  get slotCount(): number {
    return this.slots.length >>> 1;
  }

  /** Entries, present and promised. */
  get due(): number {
    return this.count + this.promised.length;
  }

  /** There must be an empty slot. */
  add(hash: number, address: number): void {
    const { slots } = this;
    const last = slots.length - 1;
    let slot = (hash >>> this.shift) * 2;
    while (slots[slot + 1] !== 0) slot = (slot + 2) & last;
    slots[slot] = hash;
    slots[slot + 1] = address;
    this.count++;
  }

  /** @returns The index of the hash's word. @throws RangeError where the entry is not there: an image had another hash */
  slotOf(hash: number, address: number): number {
    const { slots } = this;
    const last = slots.length - 1;
    let slot = (hash >>> this.shift) * 2;
    for (; slots[slot + 1] !== address; slot = (slot + 2) & last) requireSound(slots[slot + 1] !== 0);
    return slot;
  }

  /** Empties a slot and moves up the entries behind it that were pushed past it: no trace is left. */
  clear(slot: number): void {
    const { slots, shift } = this;
    const last = slots.length - 1;
    let hole = slot;
    for (let next = (hole + 2) & last; slots[next + 1] !== 0; next = (next + 2) & last) {
      const home = (slots[next]! >>> shift) * 2;
      if (((next - home) & last) < ((next - hole) & last)) continue;
      slots[hole] = slots[next]!;
      slots[hole + 1] = slots[next + 1]!;
      hole = next;
    }
    slots[hole + 1] = 0;
    this.count--;
  }

  /** Takes in the entries of another page, or of an old version of this one. */
  addAll(slots: Int32Array): void {
    for (let slot = 0; slot < slots.length; slot += 2) {
      if (slots[slot + 1] !== 0) this.add(slots[slot]!, slots[slot + 1]!);
    }
  }
}

/**
 * From keys to their addresses in the arena, by extendible hashing: the lowest bits of a hash choose the page, and a full page is split
 * in two, so that nothing is ever rebuilt as a whole. Different keys may have the same hash.
 */
export class KeydirIndex {
  /** By the lowest bits of a hash; a page stands at every place that agrees in as many bits as its depth. */
  #pages: Page[] = [new Page(FIRST_PAGE_SLOTS, 0)];
  readonly #arena: KeydirArena;
  #size = 0;
  #promisedCount = 0;
  #byteCount = FIRST_PAGE_SLOTS * 8;

  constructor(arena: KeydirArena) {
    this.#arena = arena;
  }

  /** Bits of a hash that choose a place. */
  get depth(): number {
    return Math.log2(this.#pages.length);
  }

  /** Its pages as they are; valid until the next change. */
  image(): PageImage[] {
    const images: PageImage[] = [];
    for (const [place, { depth, slots }] of this.#pages.entries())
      if (place < 2 ** depth) images.push({ place, depth, slots });
    return images;
  }

  /** As `Keydir.adopt`; each of the marks is to be taken by one entry. */
  *adopt({ pages: images, depth }: Pick<KeydirImage, "pages" | "depth">, marks: EntryMarks): Steps<void> {
    requireSound(depth <= DEPTH_MAX);
    this.#pages = new Array(2 ** depth);
    this.#byteCount = 0;
    let placesLeft = this.#pages.length;
    for (const image of images) {
      const step = 2 ** image.depth;
      requireSound(image.depth <= depth && image.place < step && this.#pages[image.place] === undefined);
      const page = Page.of(image, marks);
      this.#place(page, image.place);
      placesLeft -= this.#pages.length / step;
      this.#size += page.count;
      this.#byteCount += image.slots.byteLength;
      yield { kind: "progress", bytesDone: 0, bytesTotal: 0 };
    }
    requireSound(placesLeft === 0 && !this.#pages.includes(undefined as never) && marks.count === 0);
  }

  /** Keys. */
  get size(): number {
    return this.#size;
  }

  get hasPromises(): boolean {
    return this.#promisedCount > 0;
  }

  /** Bytes of memory. */
  get byteCount(): number {
    return this.#byteCount + this.#pages.length * 8;
  }

  /** @returns The address of the key that is the bytes [start, end); 0 where it is not there. */
  find(hash: number, key: Uint8Array, start: number, end: number): number {
    const { slots, shift } = this.#pageOf(hash);
    const last = slots.length - 1;
    for (let slot = (hash >>> shift) * 2; ; slot = (slot + 2) & last) {
      const address = slots[slot + 1]!;
      if (address === 0) return 0;
      if (slots[slot] === hash && this.#arena.isKey(address, key, start, end)) return address;
    }
  }

  /** Takes the memory that one more key of this hash needs, unless promised: adding it cannot fail then. */
  reserve(hash: number): void {
    if (this.#pageOf(hash).promised.length === 0) this.#makeRoom(hash);
  }

  /** As {@link reserve}, for a key of a batch, whatever of the batch is added and deleted before it. */
  promise(hash: number): void {
    this.#makeRoom(hash);
    this.#pageOf(hash).promised.push(hash);
    this.#promisedCount++;
  }

  /** Gives back what is still promised in the page of this hash. */
  release(hash: number): void {
    const page = this.#pageOf(hash);
    this.#promisedCount -= page.promised.length;
    page.promised.length = 0;
    this.#join(page, hash);
  }

  /** Behind {@link reserve} or {@link promise}; then nothing is split, so any promise of the page will do. */
  add(hash: number, address: number): void {
    const page = this.#pageOf(hash);
    if (page.promised.pop() !== undefined) this.#promisedCount--;
    page.add(hash, address);
    this.#size++;
  }

  /** The entry must be there. */
  replace(hash: number, from: number, to: number): void {
    const page = this.#pageOf(hash);
    page.slots[page.slotOf(hash, from) + 1] = to;
  }

  /** The entry must be there. */
  delete(hash: number, address: number): void {
    const page = this.#pageOf(hash);
    page.clear(page.slotOf(hash, address));
    this.#size--;
    this.#join(page, hash);
  }

  #pageOf(hash: number): Page {
    return this.#pages[hash & (this.#pages.length - 1)]!;
  }

  #makeRoom(hash: number): void {
    let page = this.#pageOf(hash);
    while ((page.due + 1) * 4 > page.slotCount * 3) {
      if (this.#isWorthSplitting(page)) this.#split(page, hash);
      else this.#double(page);
      page = this.#pageOf(hash);
    }
  }

  /** A page with more than four times its share holds equal hashes, which no split takes apart. */
  #isWorthSplitting({ slotCount, due, depth }: Page): boolean {
    return slotCount >= PAGE_SLOTS && due * 2 ** depth <= (this.#size + this.#promisedCount) * 4;
  }

  #double(page: Page): void {
    const { slots } = page;
    const doubled = new Page(page.slotCount * 2, page.depth);
    this.#byteCount += slots.byteLength;
    doubled.addAll(slots);
    doubled.promised = page.promised;
    Object.assign(page, doubled);
  }

  /** @param hash One that belongs to the page. */
  #split(page: Page, hash: number): void {
    const bit = 1 << page.depth;
    // Memory first: where there is none, the page is as it was.
    const other = new Page(page.slotCount, page.depth + 1);
    const slots = copyOf(page.slots);
    const { promised } = page;
    if (bit === this.#pages.length) this.#pages = this.#pages.concat(this.#pages);
    page.slots.fill(0);
    page.count = 0;
    page.promised = [];
    page.depth++;
    for (let slot = 0; slot < slots.length; slot += 2) {
      if (slots[slot + 1] !== 0) (slots[slot]! & bit ? other : page).add(slots[slot]!, slots[slot + 1]!);
    }
    for (const hash of promised) (hash & bit ? other : page).promised.push(hash);
    this.#place(other, hash | bit);
    this.#byteCount += slots.byteLength;
  }

  /** Makes one page of two that a split could have made, once they would be three eighths full. */
  #join(page: Page, hash: number): void {
    const bit = (1 << page.depth) >>> 1;
    const other = this.#pageOf(hash ^ bit);
    if (other.depth !== page.depth || other === page || other.slotCount !== page.slotCount) return;
    if ((page.due + other.due) * 8 > page.slotCount * 3) return;
    page.addAll(other.slots);
    page.promised = page.promised.concat(other.promised);
    page.depth--;
    this.#place(page, hash);
    this.#byteCount -= other.slots.byteLength;
  }

  #place(page: Page, hash: number): void {
    const step = 1 << page.depth;
    for (let index = hash & (step - 1); index < this.#pages.length; index += step) this.#pages[index] = page;
  }
}

/** One for all tables: splitting pages leaves nothing to collect. */
const scratch = new Int32Array(PAGE_SLOTS * 2);

/** Valid until the next call. */
function copyOf(slots: Int32Array): Int32Array {
  if (slots.length !== scratch.length) return slots.slice();
  scratch.set(slots);
  return scratch;
}
