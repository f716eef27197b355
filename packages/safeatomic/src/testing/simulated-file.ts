import type { FileStat } from "../file-system.js";

/** What a disk writes whole or not at all, in bytes. */
export const SECTOR_BYTES = 512;

const EMPTY = new Uint8Array(0);

/** What a sync that began now would make durable. */
export interface SyncPoint {
  size: number;
  cuts: number;
  syncs: number;
}

/**
 * The file behind its names: what the kernel shows, and what the disk has.
 *
 * The bytes that the kernel shows are on the disk, waiting to be written there ("dirty"), or lost: a write-back of them
 * failed, and the kernel took them for clean all the same. Lost bytes go on being shown until the kernel drops them
 * ({@link evict}) or the power fails, and no sync writes them; only writing into their sector again does.
 *
 * Bytes that were written are never changed in place, so arrays are shared between a file, what its disk has, and the
 * images of it.
 */
export class SimulatedFile {
  readonly kind = "file";
  readonly identity: string;
  readonly mode: number;
  /** Whether some process holds the lock on this file. */
  isLocked = false;
  /** Settles when the lock is released, where that has been announced. */
  releasing: Promise<unknown> | undefined;
  /** How many names show it. */
  links = 0;
  /** How many write-backs of it have failed, and how many of these have been told to somebody. */
  failures = 0;
  toldFailures = 0;
  #bytes: Uint8Array;
  #size: number;
  #durable: Uint8Array;
  #durableSize: number;
  /** The shortest the file has been since its last sync: up to here, all versions of it agree. */
  #lowest: number;
  /** Where the bytes begin that wait to be written: all of them lie behind it. */
  #dirtyFrom: number;
  /** Sectors, by number, whose write-back failed. */
  readonly #lost = new Set<number>();
  /** The sizes the file had since its last sync, after each change. */
  #sizes: number[] = [];
  /** The texts that were written over each other since the last sync, where this is a lock file. */
  #texts: Uint8Array[] = [];
  #cuts = 0;
  #syncs = 0;
  /** Counts its changes: what was derived from an earlier one is stale. */
  #version = 0;
  /** How often its content was changed, and what the disk has of that: the change time that a boot finds. */
  #changes: number;
  #changeTime: number;
  #durableChangeTime: number;

  /**
   * @param bytes Durable from the start; never changed.
   * @param changeTime What is told of it.
   * @param changes How often it was changed: a change from here on is told otherwise than any before.
   */
  constructor(
    identity: string,
    mode: number,
    bytes: Uint8Array = EMPTY,
    changeTime = 0,
    changes = changeTime,
  ) {
    this.identity = identity;
    this.mode = mode;
    this.#changes = changes;
    this.#changeTime = this.#durableChangeTime = changeTime;
    this.#bytes = bytes;
    this.#durable = bytes;
    this.#size = this.#durableSize = this.#lowest = this.#dirtyFrom = bytes.length;
  }

  stat(): FileStat {
    const { kind, mode, identity, links } = this;
    return { kind, size: this.#size, mode, identity, changeTime: String(this.#changeTime), links };
  }

  /**
   * The file as a boot finds it with this content: size and change time lie in one inode, and go to the disk together, so
   * with the durable content it may be the durable time, and is.
   */
  bootedWith(bytes: Uint8Array): SimulatedFile {
    const isDurable = Buffer.compare(bytes, this.durableBytes()) === 0;
    const changeTime = isDurable ? this.#durableChangeTime : this.#changes;
    return new SimulatedFile(this.identity, this.mode, bytes, changeTime, this.#changes);
  }

  /** What the kernel shows. A view; valid until the next change. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }

  /** What the disk has for sure. A view; never changed. */
  durableBytes(): Uint8Array {
    return this.#durable.subarray(0, this.#durableSize);
  }

  /** Another number after each change of what is shown, or of what is durable. */
  get version(): number {
    return this.#version;
  }

  /** Whether the disk might have something else than what is shown. */
  get isPending(): boolean {
    return this.#sizes.length > 0 || this.#lost.size > 0 || this.#texts.length > 0;
  }

  /** What a crash may make of this file; see `file-images.ts`. */
  pending(): PendingChanges {
    return {
      shown: this.bytes(),
      durable: this.durableBytes(),
      lowest: this.#lowest,
      lost: this.#lost,
      sizes: this.#sizes,
      texts: this.#texts,
    };
  }

  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#changed();
    this.#reserve(this.#size + bytes.length);
    this.#bytes.set(bytes, this.#size);
    this.#lost.delete(Math.floor(this.#size / SECTOR_BYTES));
    this.#size += bytes.length;
    this.#sizes.push(this.#size);
  }

  truncate(size: number): void {
    if (size === this.#size) return;
    this.#changed();
    this.#cuts++;
    this.#sizes.push(size);
    // No room left: what is appended next goes to an array of its own, and not over bytes that somebody shares.
    this.#bytes = this.#bytes.subarray(0, size);
    this.#size = size;
    this.#lowest = Math.min(this.#lowest, size);
    this.#dirtyFrom = Math.min(this.#dirtyFrom, size);
    for (const sector of this.#lost) if (sector * SECTOR_BYTES >= size) this.#lost.delete(sector);
  }

  /** For the text of a lock file, the one thing on the disk that is overwritten. */
  replaceText(text: Uint8Array): void {
    this.#changed();
    this.#bytes = text;
    this.#size = text.length;
    this.#texts.push(text);
  }

  /** What a sync that begins now has to write. */
  syncPoint(): SyncPoint {
    return { size: this.#size, cuts: this.#cuts, syncs: this.#syncs };
  }

  /** A sync is over that began at `point`: what was appended since is not part of it. */
  sync(point: SyncPoint = this.syncPoint()): void {
    this.#version++;
    // Nor does it take back what another one, which began later and was over sooner, has made durable.
    const least = point.syncs === this.#syncs++ ? 0 : this.#durableSize;
    const size = point.cuts === this.#cuts ? Math.max(point.size, least) : this.#size;
    this.#durable = this.#lost.size === 0 ? this.#bytes : this.#withoutLost(size);
    this.#durableSize = size;
    this.#durableChangeTime = this.#changeTime;
    this.#lowest = size;
    this.#dirtyFrom = size;
    this.#sizes = size === this.#size ? [] : this.#sizes.filter((later) => later > size);
    this.#texts = [];
  }

  /** The kernel tries to write the waiting bytes, fails, and takes them for written. */
  failWriteBack(): void {
    this.#version++;
    const first = Math.floor(this.#dirtyFrom / SECTOR_BYTES);
    for (let sector = first; sector * SECTOR_BYTES < this.#size; sector++) this.#lost.add(sector);
    this.#dirtyFrom = this.#size;
    this.failures++;
  }

  /** The kernel drops what it takes for clean, and shows what the disk has from now on. */
  evict(): void {
    if (this.#lost.size === 0) return;
    this.#version++;
    this.#bytes = this.#withoutLost(this.#size);
    this.#lost.clear();
  }

  loseUnsynced(): void {
    this.#version++;
    this.#bytes = this.#durable;
    this.#changeTime = this.#durableChangeTime;
    this.#size = this.#lowest = this.#dirtyFrom = this.#durableSize;
    this.#sizes = [];
    this.#texts = [];
    this.#lost.clear();
  }

  #changed(): void {
    this.#version++;
    this.#changeTime = ++this.#changes;
  }

  /** The bytes shown, in the lost sectors those that the disk has: zeros where it never had any. */
  #withoutLost(size: number): Uint8Array {
    const bytes = this.#bytes.slice(0, size);
    for (const sector of this.#lost) {
      const start = sector * SECTOR_BYTES;
      const end = Math.min(start + SECTOR_BYTES, size);
      if (start >= end) continue;
      bytes.fill(0, start, end);
      bytes.set(this.#durable.subarray(start, Math.min(end, this.#durableSize)), start);
    }
    return bytes;
  }

  #reserve(size: number): void {
    if (size <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(size, this.#bytes.length * 2, 256));
    grown.set(this.bytes());
    this.#bytes = grown;
  }
}

/** A file's changes since its last sync. Sizes and offsets in bytes. */
export interface PendingChanges {
  shown: Uint8Array;
  durable: Uint8Array;
  lowest: number;
  lost: ReadonlySet<number>;
  sizes: readonly number[];
  texts: readonly Uint8Array[];
}
