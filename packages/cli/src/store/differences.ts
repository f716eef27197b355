import type { DataWalReader } from "datawal";
import { storeFailure } from "./store-failure.js";
import { valueAsOpened } from "./value-as-opened.js";

/** A key that two stores do not share, or not with the same value. */
export interface Difference {
  key: Uint8Array;
  found: "only-in-store" | "only-in-other" | "different";
}

/** A store as it was named on the command line. */
export interface NamedReader {
  name: string;
  reader: DataWalReader;
}

/**
 * Compares the live pairs of two stores as they were opened: in the order of the first one's keys, then of the other's.
 *
 * @throws Failure: of one of them a value cannot be read any more
 */
export function* differences(store: NamedReader, other: NamedReader): Generator<Difference | undefined> {
  for (const key of store.reader.keys()) {
    if (!other.reader.has(key)) yield { key, found: "only-in-store" };
    else yield hasSameValue(store, other, key) ? undefined : { key, found: "different" };
  }
  for (const key of other.reader.keys()) {
    if (!store.reader.has(key)) yield { key, found: "only-in-other" };
  }
}

function hasSameValue(store: NamedReader, other: NamedReader, key: Uint8Array): boolean {
  return Buffer.compare(namedValue(store, key), namedValue(other, key)) === 0;
}

function namedValue({ name, reader }: NamedReader, key: Uint8Array): Uint8Array {
  try {
    return valueAsOpened(reader, key);
  } catch (error) {
    throw storeFailure(error, name);
  }
}
