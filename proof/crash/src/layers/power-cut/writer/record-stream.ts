import { RecordType } from "@datawal/format";
import type { OracleRecord } from "@datawal/oracle";
import { SeededRandom } from "../machine/seeded-random.js";

/** `compacted`: pairs, of a store that is compacted in place. */
export type Contents = "raw" | "pairs" | "compacted";

/** How large payloads are: below 64 bytes, about a sector, some pages, a mix with some of many pages, some MiB. */
export type Sizes = "small" | "sector" | "pages" | "mixed" | "huge";

/** What a writer appends, known to whoever checks it: the n-th record follows from the seed and n. */
export interface StreamPlan {
  seed: number;
  contents: Contents;
  sizes: Sizes;
}

const KEYS = Array.from({ length: 12 }, (_, index) => Buffer.from(`key ${index}`.repeat(1 + (index % 3))));
const NO_BYTES = new Uint8Array(0);

/** @param index From 0. */
export function streamRecord(plan: StreamPlan, index: number, txid: bigint): OracleRecord {
  const random = new SeededRandom(plan.seed, index);
  if (plan.contents === "raw")
    return { type: RecordType.Raw, txid, key: NO_BYTES, payload: payloadOf(plan, random) };
  const { key, mayDelete } = drawKey(random);
  if (mayDelete && isPutBefore(plan, index, key))
    return { type: RecordType.Delete, txid, key, payload: NO_BYTES };
  return { type: RecordType.Put, txid, key, payload: payloadOf(plan, random) };
}

function drawKey(random: SeededRandom): { key: Uint8Array; mayDelete: boolean } {
  return { key: random.pick(KEYS), mayDelete: random.oneIn(8) };
}

/** Of a key that is not live a deletion would be no record. */
function isPutBefore(plan: StreamPlan, index: number, key: Uint8Array): boolean {
  for (let before = index - 1; before >= 0; before--) {
    const drawn = drawKey(new SeededRandom(plan.seed, before));
    if (drawn.key === key) return !drawn.mayDelete || !isPutBefore(plan, before, key);
  }
  return false;
}

/** Some are all zero, as a lost sector is. */
function payloadOf({ sizes }: StreamPlan, random: SeededRandom): Uint8Array {
  const payload = new Uint8Array(SIZES[sizes](random));
  return random.oneIn(12) ? payload : fill(payload, random);
}

/** Each block begins with numbers of its own; drawing all of a large payload would take longer than writing it. */
function fill(payload: Uint8Array, random: SeededRandom): Uint8Array {
  random.fill(payload.subarray(0, BLOCK_BYTES));
  for (let offset = BLOCK_BYTES; offset < payload.length; offset += BLOCK_BYTES) {
    payload.copyWithin(offset, 0, BLOCK_BYTES);
    random.fill(payload.subarray(offset, offset + 8));
  }
  return payload;
}

const BLOCK_BYTES = 4096;

const SIZES: Record<Sizes, (random: SeededRandom) => number> = {
  small: (random) => random.below(64),
  sector: (random) => 400 + random.below(300),
  pages: (random) => 3_000 + random.below(10_000),
  mixed: (random) =>
    SIZES[random.pick(["small", "sector", "pages"] as const)](random) +
    (random.oneIn(16) ? random.below(150_000) : 0),
  huge: (random) => 500_000 + random.below(4_000_000),
};
