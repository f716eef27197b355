import type { FrameCursor } from "@datawal/format";

/** 2 MiB of memory: as many as a segment of 64 MiB holds of records of 256 bytes. */
const FRAMES_MAX = 1 << 18;
const FRAMES_AT_FIRST = 64;

/**
 * The frames that were seen of one segment, by txid, each by its place and its CRC: a frame that is read later and has
 * the same is the one that was seen, whatever became of the segment. Those too far from the first, in txids or in the
 * file, and with a txid again, are not kept.
 */
export class SeenFrames {
  segment = 0;
  #firstTxid = 0;
  /** Of txids from the first one on. */
  #count = 0;
  /** Two words a txid: offset and CRC. */
  #words = new Uint32Array(2 * FRAMES_AT_FIRST);

  /** Forgets all, and turns to a segment. */
  begin(segment: number): void {
    this.segment = segment;
    this.#count = 0;
  }

  add({ txidLow, storedCrc }: FrameCursor, offset: number): void {
    if (this.#count === 0) this.#firstTxid = txidLow;
    const index = this.#indexOf(txidLow);
    const isKept = index >= this.#count && index < FRAMES_MAX && offset < 2 ** 32;
    if (!isKept) return;
    const at = 2 * index;
    while (at >= this.#words.length) this.#grow();
    // Groups leave txids out. No frame has an offset of 0 but the first.
    this.#words.fill(0, 2 * this.#count, at);
    this.#words[at] = offset;
    this.#words[at + 1] = storedCrc;
    this.#count = index + 1;
  }

  /** Whether the frame at the cursor, whose CRC is right, is the one that was seen at that place. */
  has({ txidLow, storedCrc }: FrameCursor, offset: number): boolean {
    const index = this.#indexOf(txidLow);
    const at = 2 * index;
    return index < this.#count && this.#words[at] === offset && this.#words[at + 1] === storedCrc;
  }

  #indexOf(txidLow: number): number {
    return (txidLow - this.#firstTxid) >>> 0;
  }

  #grow(): void {
    const words = new Uint32Array(2 * this.#words.length);
    words.set(this.#words);
    this.#words = words;
  }
}
