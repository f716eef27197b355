import type { BaseStore } from "./base-store.js";
import { type DamageFamily, type StoreDamage, storeFamily } from "./damage-family.js";
import { flipped, SegmentBytes } from "./segment-bytes.js";

/** Each bit of each segment turned over. */
export function oneBit(name: string, base: BaseStore): DamageFamily & StoreDamage {
  const bytes = new SegmentBytes(base);
  return storeFamily(base, {
    name,
    count: bytes.count * 8,
    describe: (bit) => {
      const place = bytes.placeOf(bit >> 3);
      return `bit ${bit & 7} of byte ${place.offset} of ${place.name} turned over: ${bytes.describe(place)}`;
    },
    damaged: (bit) => {
      const { name: segment, offset } = bytes.placeOf(bit >> 3);
      return bytes.replaced(segment, (content) => flipped(content, offset * 8 + (bit & 7)));
    },
  });
}
