import type { DataWalReader } from "datawal";

/** A key that two stores do not share, or not with the same value. */
export interface Difference {
  key: Uint8Array;
  found: "only-in-store" | "only-in-other" | "different";
}

/** Compares the live pairs of two stores: in the order of the first one's keys, then of the other's. */
export function* differences(store: DataWalReader, other: DataWalReader): Generator<Difference | undefined> {
  for (const key of store.keys()) {
    if (!other.has(key)) yield { key, found: "only-in-store" };
    else yield hasSameValue(store, other, key) ? undefined : { key, found: "different" };
  }
  for (const key of other.keys()) {
    if (!store.has(key)) yield { key, found: "only-in-other" };
  }
}

function hasSameValue(store: DataWalReader, other: DataWalReader, key: Uint8Array): boolean {
  return Buffer.compare(store.get(key)!, other.get(key)!) === 0;
}
