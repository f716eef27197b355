import { recordWireSize } from "@datawal/format";
import { deletion, frames, put, raw, type SampleRecord } from "./frames.js";
import { SeededRandom } from "./seeded-random.js";
import type { Files } from "./store-files.js";

/** A record and where it lies. */
export interface PlacedRecord extends SampleRecord {
  segment: number;
  offset: number;
  len: number;
}

export interface MixedStore {
  files: Files;
  records: PlacedRecord[];
}

/**
 * The store of the crash laboratory's L0: three segments with Raw, Put and Delete records, keys of 0 to 40 bytes, payloads of
 * 0 to 2 KiB, overwrites and tombstones.
 *
 * @param byteCount of all segments together, about.
 */
export function mixedStore(byteCount: number, seed: number): MixedStore {
  const random = new SeededRandom(seed);
  const keys = Array.from({ length: 12 }, () => random.bytes(random.below(41)));
  const records: PlacedRecord[] = [];
  for (let segment = 1; segment <= 3; segment++) {
    for (let offset = 0; offset < byteCount / 3; ) {
      const record = mixedRecord(random, keys, records.length + 1);
      const len = recordWireSize(record.key.length, record.payload.length);
      records.push({ ...record, segment, offset, len });
      offset += len;
    }
  }
  return { records, files: segmentFiles(records) };
}

function mixedRecord(random: SeededRandom, keys: Uint8Array[], txid: number): SampleRecord {
  const key = keys[random.below(keys.length)]!;
  const payload = random.bytes(random.below(3) === 0 ? random.below(30) : random.below(2049));
  return [raw(txid, payload), put(txid, key, payload), put(txid, key, payload), deletion(txid, key)][
    random.below(4)
  ]!;
}

export function segmentFiles(records: readonly PlacedRecord[]): Files {
  const files: Files = {};
  for (const segment of new Set(records.map((record) => record.segment))) {
    const name = `${String(segment).padStart(8, "0")}.dwal`;
    files[name] = frames(...records.filter((record) => record.segment === segment));
  }
  return files;
}
