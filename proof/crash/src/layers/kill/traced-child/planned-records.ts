import { RecordType } from "@datawal/format";
import type { OracleRecord } from "@datawal/oracle";

/** What a workload appends, in order: record 0 is the first of its store, whoever appends it. */
export type Plan = (seed: number, index: number) => OracleRecord;

/** Few, so that values are replaced and deleted. */
const KEY_COUNT = 12;
/** Beyond 64 KiB a frame goes to the kernel by writev. */
const GATHERED_PAYLOAD_BYTES = 70_000;

/** Raw, Put and Delete records of 0 to 3,000 bytes; every eleventh is written by writev. */
export const mixedRecords: Plan = (seed, index) => {
  const type = [RecordType.Raw, RecordType.Put, RecordType.Raw, RecordType.Put, RecordType.Delete][
    index % 5
  ]!;
  if (type === RecordType.Delete) return record(type, seed, index, 0);
  return record(
    type,
    seed,
    index,
    index % 11 === 10 ? GATHERED_PAYLOAD_BYTES : payloadBytes(seed, index, 3_000),
  );
};

/** What a key/value store appends: Puts of up to 2,000 bytes, every tenth record a Delete where its key is live. */
export const keyedRecords: Plan = (seed, index) => {
  if (isDeletion(seed, index)) return record(RecordType.Delete, seed, index, 0);
  return record(RecordType.Put, seed, index, payloadBytes(seed, index, 2_000));
};

function isDeletion(seed: number, index: number): boolean {
  if (index % 10 !== 9) return false;
  let before = index - 1;
  while (before >= 0 && keyNumber(seed, before) !== keyNumber(seed, index)) before--;
  return before >= 0 && !isDeletion(seed, before);
}

/** Puts of up to 40,000 bytes: enough of them exceed the pieces in which a compaction is written. */
export const largeRecords: Plan = (seed, index) =>
  record(RecordType.Put, seed, index, payloadBytes(seed, index, 40_000));

export function plannedRecords(plan: Plan, seed: number, count: number): OracleRecord[] {
  return Array.from({ length: count }, (_, index) => plan(seed, index));
}

function record(type: RecordType, seed: number, index: number, byteCount: number): OracleRecord {
  const key = type === RecordType.Raw ? "" : `key-${keyNumber(seed, index)}`;
  const payload = Buffer.alloc(byteCount, `${seed}-${index}. `);
  return { type, txid: BigInt(index + 1), key: new TextEncoder().encode(key), payload };
}

function keyNumber(seed: number, index: number): number {
  return mixed(seed, index, 1) % KEY_COUNT;
}

function payloadBytes(seed: number, index: number, bytesMax: number): number {
  return mixed(seed, index, 2) % bytesMax;
}

/** A number from three: the finalizer of MurmurHash3 over their sum. */
function mixed(seed: number, index: number, purpose: number): number {
  let hash = Math.imul(seed, 0x9e37_79b1) + Math.imul(index, 0x85eb_ca6b) + Math.imul(purpose, 0xc2b2_ae35);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
