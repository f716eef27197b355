import { HEADER_LEN, recordWireSize } from "@datawal/format";
import { type BaseStore, makeBaseStore } from "./base-store.js";
import type { DamageFamily } from "./damage-family.js";
import { judgeDamagedStore } from "./judge.js";
import { raw } from "./records.js";

const SECTOR_BYTES = 512;
const SEGMENT = "00000001.dwal";

/**
 * A frame whose header lies across the end of a sector, where the sector behind is lost: the rest of the header reads as
 * zeros, and so as an unknown version or a length of nothing. No newer writer's frame looks so: the store opens.
 */
export function lostHeaderPieces(): DamageFamily[] {
  return [
    lostPieces("lost-header-piece-of-a-short-frame", 40),
    lostPieces("lost-header-piece-of-a-long-frame", 3 * SECTOR_BYTES),
  ];
}

/** @param payloadBytes of the frame that is hit. */
function lostPieces(name: string, payloadBytes: number): DamageFamily {
  const stores: BaseStore[] = [];
  const storeAt = (index: number) => (stores[index] ??= storeAcross(index + 1, payloadBytes));
  return {
    name,
    count: HEADER_LEN - 1,
    describe: (index) => `sector 1 of ${SEGMENT} lost, with all but ${index + 1} bytes of a frame's header`,
    judge: (index, fault, tell) => {
      const base = storeAt(index);
      const damaged = base.files[SEGMENT]!.slice().fill(0, SECTOR_BYTES, 2 * SECTOR_BYTES);
      judgeDamagedStore(base, { [SEGMENT]: damaged }, fault, tell);
    },
  };
}

/** A store whose second frame has so many bytes in the first sector. */
function storeAcross(headBytes: number, payloadBytes: number): BaseStore {
  const first = SECTOR_BYTES - headBytes - recordWireSize(0, 0);
  const bytes = (count: number) => new Uint8Array(count).fill(7);
  return makeBaseStore([[raw(1, bytes(first)), raw(2, bytes(payloadBytes)), raw(3, bytes(20))]]);
}
