import { encodeRecord } from "@datawal/format";
import type { BaseStore } from "./base-store.js";
import { type DamageFamily, storeFamily } from "./damage-family.js";

const SECTOR_BYTES = 512;

/** One sector of a segment, and what it holds instead. */
interface SectorCase {
  name: string;
  sector: number;
  /** What it holds, in words. */
  found: string;
  content: Uint8Array;
}

/** Each sector of each segment replaced by zeros, by what it held earlier, by another file's, by the next one. */
export function sectors(base: BaseStore): DamageFamily {
  const cases = sectorCases(base);
  const caseAt = (index: number) => cases[index]!;
  return storeFamily(base, {
    name: "sector",
    count: cases.length,
    describe: (index) => {
      const { name, sector, found } = caseAt(index);
      return `sector ${sector} of ${name}, at ${sector * SECTOR_BYTES}, holds ${found}`;
    },
    damaged: (index) => {
      const { name, sector, content } = caseAt(index);
      const bytes = base.files[name]!.slice();
      const start = sector * SECTOR_BYTES;
      bytes.set(content.subarray(0, bytes.length - start), start);
      return { ...base.files, [name]: bytes };
    },
  });
}

function sectorCases(base: BaseStore): SectorCase[] {
  const names = Object.keys(base.files);
  return names.flatMap((name, segment) => {
    const bytes = base.files[name]!;
    const other = base.files[names.at(segment - 1)!]!;
    const ends = frameEnds(base, segment);
    return Array.from({ length: Math.ceil(bytes.length / SECTOR_BYTES) }, (_, sector) => {
      const foundIn = (found: string, content: Uint8Array) => ({ name, sector, found, content });
      const next = sectorAt(bytes, sector + 1);
      return [
        foundIn("zeros", new Uint8Array(SECTOR_BYTES)),
        foundIn("what another file holds there", sectorAt(other, sector)),
        ...(next.length > 0 ? [foundIn("the sector behind it", next)] : []),
        ...ends
          .filter((end) => Math.floor(end / SECTOR_BYTES) === sector && end % SECTOR_BYTES > 0)
          .map((end) =>
            foundIn(`what it held when the segment ended at ${end}`, earlier(bytes, sector, end)),
          ),
      ];
    }).flat();
  });
}

function sectorAt(bytes: Uint8Array, sector: number): Uint8Array {
  return bytes.subarray(sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES);
}

/** A sector as it was when the file ended inside of it. */
function earlier(bytes: Uint8Array, sector: number, end: number): Uint8Array {
  const content = new Uint8Array(SECTOR_BYTES);
  content.set(bytes.subarray(sector * SECTOR_BYTES, end));
  return content;
}

/** Where a segment ended while it was written: behind each frame but the last. */
function frameEnds({ segments }: BaseStore, segment: number): number[] {
  let end = 0;
  return segments[segment]!.slice(0, -1).map((record) => {
    end += encodeRecord(record).length;
    return end;
  });
}
