import { decodeNext, encodeRecord, HEADER_LEN } from "@datawal/format";
import { type BaseStore, makeBaseStore } from "./base-store.js";
import type { DamageFamily } from "./damage-family.js";
import { judgeDamagedStore, NOT_CAUGHT } from "./judge.js";
import type { WrittenRecord } from "./known-frames.js";
import { pairOf } from "./pairs.js";
import { put, raw } from "./records.js";
import { flipped } from "./segment-bytes.js";

/** Where a header's two lengths begin; they end with the header. */
const LENGTHS_OFFSET = 16;

/**
 * Each two bits of a small frame turned over, which stands between two others in the active or in a sealed segment.
 * The CRC promises to catch them, but for those in the lengths: there it looks for itself at another place. Pairs of
 * which it catches none are told apart, and are no violation.
 */
export function twoBits(where: "active" | "sealed"): DamageFamily {
  const base = smallStore(where);
  const [before, small] = base.records as [WrittenRecord, WrittenRecord];
  const offset = encodeRecord(before).length;
  const bitCount = encodeRecord(small).length * 8;
  const flippedSegment = (index: number) => {
    const [first, second] = pairOf(index, bitCount);
    return flipped(flipped(base.files[SEGMENT]!, offset * 8 + first), offset * 8 + second);
  };
  return {
    name: `two-bits-${where}`,
    count: (bitCount * (bitCount - 1)) / 2,
    describe: (index) => {
      const [first, second] = pairOf(index, bitCount);
      return `bits ${first} and ${second} of the frame at ${offset} of ${SEGMENT} turned over, in a ${where} segment`;
    },
    judge: (index, fault, tell) => {
      const segment = flippedSegment(index);
      const isUncaught = hitsLengths(index, bitCount) && decodeNext(segment, offset).kind === "record";
      if (isUncaught) tell({ kind: NOT_CAUGHT, said: "the frame has a good CRC" });
      else judgeDamagedStore(base, { ...base.files, [SEGMENT]: segment }, fault, tell);
    },
  };
}

/** Four small records, the second one in the active segment or in a sealed one. */
export function smallStore(where: "active" | "sealed"): BaseStore {
  const first = [put(1, "key", "the old value"), put(2, "key", "value")];
  const last = [put(3, "other", "of another key"), raw(4, "the last")];
  return makeBaseStore(where === "active" ? [[...first, ...last]] : [first, last]);
}

const SEGMENT = "00000001.dwal";

function hitsLengths(index: number, bitCount: number): boolean {
  return pairOf(index, bitCount).some((bit) => bit >= LENGTHS_OFFSET * 8 && bit < HEADER_LEN * 8);
}
