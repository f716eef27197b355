import { hashBytes, mixHashes } from "./content-hash.js";
import { type PendingChanges, SECTOR_BYTES, type SimulatedFile } from "./simulated-file.js";

/** What a crash may leave of one file. */
export interface FileImage {
  /** Never changed; may be shared. */
  bytes: Uint8Array;
  hash: number;
  /** For a story: what of the pending changes has survived. */
  survived: string;
}

/** What a sector reads as after a crash. */
type Fate = "new" | "old" | "zero" | "garbage";

const PAGE_BYTES = 4096;
/** Within the last write: its first byte, both sides of a frame header's end (24 bytes), all but its last byte. */
const TORN_AT = [1, 3, 23, 24, 25, -1];
/** Up to this many pending sectors, all their fates are combined; above, some are drawn. */
const EXHAUSTIVE_SECTORS = 3;
/** How many combinations are drawn then for each size and filling. */
const DRAWN_COMBINATIONS = 6;
/** More than a file has sectors, so that each draw has numbers of its own. */
const DRAW_STEP = 1 << 20;

/**
 * The contents that a power cut may leave of a file, each once: the disk has any of the sizes it had since its last sync,
 * or one at which its last write was torn, and of each sector that was being written the new content, the old one,
 * zeros, or stale bytes. What all versions since the last sync agree on stays (docs/disk-rules.md).
 *
 * @param limit Where there are more, so many of them: all of it, what is durable, and others from the whole range.
 */
export function fileImages(file: SimulatedFile, limit: number): FileImage[] {
  const images = new Images();
  if (!file.isPending) {
    images.add(file.durableBytes(), "all of it");
    return images.list;
  }
  const pending = file.pending();
  if (pending.texts.length > 0) addTexts(images, pending);
  else addSectors(images, pending, limit);
  return images.list;
}

class Images {
  readonly list: FileImage[] = [];
  readonly #hashes = new Set<number>();

  add(bytes: Uint8Array, survived: string): void {
    const hash = hashBytes(bytes);
    if (this.#hashes.has(hash)) return;
    this.#hashes.add(hash);
    this.list.push({ bytes, hash, survived });
  }
}

/** A text is written over another within one sector: either is there, or the new size with nothing in it. */
function addTexts(images: Images, { shown, durable, texts }: PendingChanges): void {
  images.add(shown.slice(), "its last text");
  images.add(durable, "its durable text");
  const earlier = texts.at(-2);
  if (earlier) images.add(earlier, "the text before its last");
  images.add(texts[0]!, "the first text since its sync");
  if (durable.length === 0) images.add(new Uint8Array(shown.length), `${shown.length} zeros`);
}

function addSectors(images: Images, pending: PendingChanges, limit: number): void {
  const maker = new SectorImages(pending);
  images.add(maker.make({ size: pending.shown.length }), "all of it");
  images.add(
    maker.make({ size: pending.durable.length, damage: { kept: new Set(), gone: "old" } }),
    `its durable ${pending.durable.length} bytes`,
  );
  for (const recipe of spread(recipes(maker), limit - 2)) images.add(maker.make(recipe), describe(recipe));
}

/** One of the contents: not made before it is known to be wanted. */
interface Recipe {
  size: number;
  /** Where absent, all sectors up to that size have their new content. */
  damage?: { kept: ReadonlySet<number>; gone: Fate };
}

function recipes(maker: SectorImages): Recipe[] {
  return maker.sizes().flatMap((size): Recipe[] => {
    const subsets = [...maker.subsets(size)];
    const damaged = (["zero", "garbage", "old"] as const).flatMap((gone) =>
      subsets.map((kept) => ({ size, damage: { kept, gone } })),
    );
    return [{ size }, ...damaged];
  });
}

function describe({ size, damage }: Recipe): string {
  if (!damage) return `its first ${size} bytes`;
  return `${size} bytes, pending sectors ${[...damage.kept].join("+") || "none"} kept, others ${damage.gone}`;
}

/** At most so many of a list, from its beginning to its end. */
function spread<Item>(items: readonly Item[], limit: number): readonly Item[] {
  if (items.length <= limit) return items;
  return Array.from(
    { length: Math.max(limit, 0) },
    (_, index) => items[Math.floor((index * items.length) / limit)]!,
  );
}

/** Builds contents of one file from the fates of its sectors. */
class SectorImages {
  readonly #pending: PendingChanges;
  readonly #sectorsBySize = new Map<number, readonly number[]>();

  constructor(pending: PendingChanges) {
    this.#pending = pending;
  }

  /** The sizes that the disk may have for it, largest first. */
  sizes(): number[] {
    const { durable, lowest, sizes, shown } = this.#pending;
    const candidates = new Set([durable.length, ...sizes]);
    const end = shown.length;
    const start = sizes.at(-2) ?? durable.length;
    for (const at of TORN_AT) candidates.add(at < 0 ? end + at : start + at);
    const unit = end - lowest > 4 * PAGE_BYTES ? PAGE_BYTES : SECTOR_BYTES;
    for (let size = (Math.floor(start / unit) + 1) * unit; size < end; size += unit) candidates.add(size);
    const largest = Math.max(durable.length, end);
    return [...candidates].filter((size) => size >= lowest && size <= largest).sort((a, b) => b - a);
  }

  /** Which of the pending sectors are kept: every combination while they are few, otherwise a choice, the same each time. */
  *subsets(size: number): Generator<Set<number>> {
    const sectors = this.#pendingSectors(size);
    if (sectors.length <= EXHAUSTIVE_SECTORS) {
      for (let mask = 0; mask < 1 << sectors.length; mask++) {
        yield new Set(sectors.filter((_, index) => mask & (1 << index)));
      }
      return;
    }
    yield new Set();
    for (let draw = 1; draw <= DRAWN_COMBINATIONS; draw++)
      yield new Set(sectors.filter((sector) => mixHashes(size, draw * DRAW_STEP + sector) % 2 === 0));
  }

  make({ size, damage }: Recipe): Uint8Array {
    const { shown, durable, lowest, lost } = this.#pending;
    const bytes = new Uint8Array(size);
    bytes.set(durable.subarray(0, Math.min(lowest, size)));
    for (const sector of this.#pendingSectors(size)) {
      const start = sector * SECTOR_BYTES;
      const end = Math.min(start + SECTOR_BYTES, size);
      const isLost = lost.has(sector);
      const from = isLost ? start : Math.max(start, lowest);
      const fate = damage && !damage.kept.has(sector) ? damage.gone : "new";
      // The disk has never lost what it had: in a sector whose write-back failed, nothing can be but old and new bytes.
      const content = fate === "new" ? shown : fate === "old" || isLost ? durable : undefined;
      if (content) {
        bytes.fill(0, from, end);
        bytes.set(content.subarray(from, Math.min(end, content.length)), from);
      } else if (fate === "garbage") fillWithGarbage(bytes, from, end);
    }
    return bytes;
  }

  #pendingSectors(size: number): readonly number[] {
    let sectors = this.#sectorsBySize.get(size);
    if (!sectors) {
      sectors = this.#findPendingSectors(size);
      this.#sectorsBySize.set(size, sectors);
    }
    return sectors;
  }

  #findPendingSectors(size: number): number[] {
    const { lowest, lost } = this.#pending;
    const sectors = new Set<number>(lost);
    for (let sector = Math.floor(lowest / SECTOR_BYTES); sector * SECTOR_BYTES < size; sector++)
      sectors.add(sector);
    return [...sectors].filter((sector) => sector * SECTOR_BYTES < size).sort((a, b) => a - b);
  }
}

/** Bytes that were on the disk before, of a file that is gone: the same at each place, and never zero. */
function fillWithGarbage(bytes: Uint8Array, from: number, end: number): void {
  for (let index = from; index < end; index++)
    bytes[index] = ((Math.imul(index, 0x9e3779b1) >>> 24) & 0x7f) | 1;
}
