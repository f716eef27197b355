import type { BaseStore } from "./base-store.js";
import { type DamageFamily, storeFamily } from "./damage-family.js";
import { SegmentBytes } from "./segment-bytes.js";

/** Each segment cut to each length that is shorter than it is. */
export function truncations(base: BaseStore): DamageFamily {
  const bytes = new SegmentBytes(base);
  return storeFamily(base, {
    name: "truncation",
    count: bytes.count,
    describe: (index) => {
      const place = bytes.placeOf(index);
      return `${place.name} cut to ${place.offset} bytes: ${bytes.describe(place)} is the first that is gone`;
    },
    damaged: (index) => {
      const { name, offset } = bytes.placeOf(index);
      return bytes.replaced(name, (content) => content.subarray(0, offset));
    },
  });
}
