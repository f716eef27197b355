import type { Crc32c, CrcMemory } from "@datawal/format";

/** What a ring begins with, and all of one that keeps nothing. It doubles until it has as much as was asked for. */
const FIRST_BYTES = 64 * 1024;
/** Behind so much the CRC's own memory is worth asking for: it spares 0.1 µs a record, and costs a process 1.5 ms once. */
const ASKS_AFTER_BYTES = 1024 * 1024;
/** What is overwritten is forgotten by at least so much at a time. */
const FORGOTTEN_BYTES = 16 * 1024;

/** Frames one behind the other, in memory that stays its owner's: for the length of a call. */
export interface FrameRange {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly count: number;
}

/** A piece of a segment, in the ring at [start, end). */
interface Run {
  segment: number;
  /** In the segment. */
  offset: number;
  start: number;
  end: number;
}

/**
 * The memory that frames are encoded into and written from: a ring, so that what a log ends with is still there when it is
 * read. Frames are pending until they are in the log; only then they are found. No view of it is ever handed out:
 * overwriting is forgetting.
 */
export class FrameRing {
  /** What is encoded into: the ring, or for what is too long for it memory of its own. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Quickest over ranges of {@link bytes} itself. */
  crc: Crc32c;
  /** Pending frames are bytes [start, end). */
  start = 0;
  end = 0;
  /** How much may be pending without memory of its own, which is never kept. */
  readonly pendingBytesMax: number;
  readonly #crc: Crc32c;
  readonly #capacity: number;
  readonly #keeps: boolean;
  /** The newest first. */
  #runs: Run[] = [];
  /** Up to here, from {@link end}, nothing is kept. */
  #freeUntil = 0;
  #committedBytes = 0;
  #hasAsked = false;
  #lent: CrcMemory | undefined;
  /** The ring, and where in it the next frame goes, while `bytes` is something else. */
  #ring: { bytes: Uint8Array; crc: Crc32c; start: number } | undefined;

  /** @param cacheBytes 0 to keep nothing. */
  constructor(crc: Crc32c, cacheBytes: number) {
    this.crc = this.#crc = crc;
    this.#keeps = cacheBytes > 0;
    this.#capacity = Math.max(cacheBytes, FIRST_BYTES);
    this.pendingBytesMax = Math.max(this.#capacity / 4, FIRST_BYTES);
  }

  get pendingBytes(): number {
    return this.end - this.start;
  }

  /** Takes room for more pending bytes, behind the others; returns where. Moves those where it must. */
  take(byteCount: number): number {
    if (this.end + byteCount > this.bytes.length) this.#makeRoom(this.pendingBytes + byteCount);
    const at = this.end;
    this.end += byteCount;
    if (this.end > this.#freeUntil && !this.#ring) this.#forgetFrom(at);
    return at;
  }

  /** What was pending is in the log. */
  commit(segment: number, offset: number): void {
    this.#committedBytes += this.pendingBytes;
    if (this.#ring || !this.#keeps) this.discard();
    else this.#keep(segment, offset);
    if (this.#committedBytes > ASKS_AFTER_BYTES && !this.#hasAsked) this.#ask();
  }

  /** Nothing is pending any more, and nothing of it is kept. */
  discard(): void {
    if (this.#ring) {
      this.bytes = this.#ring.bytes;
      this.crc = this.#ring.crc;
      this.start = this.#ring.start;
      this.#ring = undefined;
    }
    this.end = this.start;
  }

  /** Where bytes of a segment lie in {@link bytes}; -1 where they are not kept. */
  find(segment: number, offset: number, byteCount: number): number {
    if (this.#ring) return -1;
    for (const run of this.#runs) {
      const at = run.start + offset - run.offset;
      if (run.segment === segment && at >= run.start && at + byteCount <= run.end) return at;
    }
    return -1;
  }

  /** Forgets a segment: its file is gone. */
  forget(segment: number): void {
    this.#runs = this.#runs.filter((run) => run.segment !== segment);
  }

  /** Gives all memory back. */
  release(): void {
    this.discard();
    this.#runs = [];
    this.#lent?.release();
    this.#lent = undefined;
    this.bytes = new Uint8Array(0);
    this.crc = this.#crc;
    this.start = this.end = this.#freeUntil = 0;
    this.#hasAsked = true;
  }

  /** @param byteCount Of all that is to be pending. */
  #makeRoom(byteCount: number): void {
    if (this.#ring || byteCount > this.pendingBytesMax) {
      this.#setAside(byteCount);
      return;
    }
    const wanted = this.start + byteCount;
    while (this.bytes.length < wanted && this.bytes.length < this.#capacity)
      this.#moveTo(new Uint8Array(Math.min(Math.max(FIRST_BYTES, 2 * this.bytes.length), this.#capacity)));
    if (this.bytes.length >= wanted) return;
    // Round: pending frames are one piece.
    this.bytes.copyWithin(0, this.start, this.end);
    this.end = this.pendingBytes;
    this.start = 0;
    this.#forgetFrom(0);
  }

  #keep(segment: number, offset: number): void {
    const { start, end } = this;
    const latest = this.#runs[0];
    const continues =
      latest?.segment === segment && latest.end === start && latest.offset + start - latest.start === offset;
    if (continues) latest.end = end;
    else this.#runs.unshift({ segment, offset, start, end });
    this.start = end;
  }

  #ask(): void {
    this.#hasAsked = true;
    this.#lent = this.#crc.takeMemory?.(this.#capacity);
    if (!this.#lent) return;
    this.crc = this.#lent.crc;
    this.#moveTo(this.#lent.bytes);
  }

  /** What lies in the ring keeps its place. */
  #moveTo(larger: Uint8Array): void {
    larger.set(this.bytes);
    this.bytes = larger;
  }

  #setAside(byteCount: number): void {
    const { bytes, crc, start, end } = this;
    const room = this.#ring ? Math.max(byteCount, 2 * bytes.length) : byteCount;
    this.#ring ??= { bytes, crc, start };
    this.bytes = new Uint8Array(room);
    this.crc = this.#crc;
    this.bytes.set(bytes.subarray(start, end));
    this.start = 0;
    this.end = end - start;
  }

  /** Forgets what lies in [from, end), and some more behind it. */
  #forgetFrom(from: number): void {
    const until = Math.min(this.end + FORGOTTEN_BYTES, this.bytes.length);
    for (const run of this.#runs) {
      if (run.start >= until || run.end <= from) continue;
      // The oldest: what lies in front of it has been forgotten before.
      run.offset += until - run.start;
      run.start = until;
    }
    this.#runs = this.#runs.filter(({ start, end }) => start < end);
    this.#freeUntil = until;
  }
}
