import { seededRandom } from "../../laboratory/seeded-random.js";

/** Few enough that each is put again and again. */
export const KEY_COUNT = 2_000;
const BATCH_RECORDS_MAX = 24;
const VALUE_BYTES_MAX = 240;
const HEADER_BYTES = 8;

/** One Put, or one Delete where `isPut` is not set. */
export interface SoakRecord {
  key: number;
  /** Of all records of a run the only one with this number, from 1. */
  id: number;
  isPut: boolean;
}

export type SoakStep =
  | { do: "write"; records: readonly SoakRecord[] }
  | { do: "read"; key: number }
  | { do: "fsync" | "fsyncSync" }
  | { do: "compact"; minWasteRatio: number };

/** What is done at this place of a run: each place has draws of its own, so that a new process can begin anywhere. */
export function soakStep(seed: number, place: number): SoakStep {
  const random = seededRandom(seed ^ Math.imul(place + 1, 0x9e3779b1));
  const below = (count: number) => Math.floor(random() * count);
  const record = (index: number): SoakRecord => ({
    // Half of the writes go to a tenth of the keys.
    key: below(2) === 0 ? below(KEY_COUNT / 10) : below(KEY_COUNT),
    id: place * BATCH_RECORDS_MAX + index + 1,
    isPut: below(8) > 0,
  });
  if (below(COMPACT_ONE_IN) === 0) return { do: "compact", minWasteRatio: below(2) * 0.3 };
  const choice = below(200);
  if (choice < 1) return { do: below(2) === 0 ? "fsync" : "fsyncSync" };
  if (choice < 30) return { do: "read", key: below(KEY_COUNT) };
  const count = choice < 36 ? 2 + below(BATCH_RECORDS_MAX - 2) : 1;
  return { do: "write", records: Array.from({ length: count }, (_, index) => record(index)) };
}

const COMPACT_ONE_IN = 1_000;

export function keyBytes(key: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, key);
  return bytes;
}

export function keyOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
}

/** Tells of its record, and of its key: no two records of a run have the same. */
export function valueBytes({ key, id }: { key: number; id: number }): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + ((Math.imul(id, 0x9e3779b1) >>> 0) % VALUE_BYTES_MAX)).fill(id);
  new DataView(bytes.buffer).setUint32(0, id);
  new DataView(bytes.buffer).setUint32(4, key);
  return bytes;
}

/** The record that a value was put by. */
export function idOf(value: Uint8Array): number {
  return new DataView(value.buffer, value.byteOffset, value.byteLength).getUint32(0);
}
