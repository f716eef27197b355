import { crc32c, encodeRecord, RecordType } from "@datawal/format";
import { encodeGroupHeadInto, groupHeadWireSize } from "@datawal/format/internal";

/** A record without its place. */
export interface SampleRecord {
  type: RecordType;
  txid: bigint;
  key: Uint8Array;
  payload: Uint8Array;
}

export function raw(txid: number | bigint, payload: string | Uint8Array): SampleRecord {
  return { type: RecordType.Raw, txid: BigInt(txid), key: bytes(""), payload: bytes(payload) };
}

export function put(
  txid: number | bigint,
  key: string | Uint8Array,
  payload: string | Uint8Array,
): SampleRecord {
  return { type: RecordType.Put, txid: BigInt(txid), key: bytes(key), payload: bytes(payload) };
}

export function deletion(txid: number | bigint, key: string | Uint8Array): SampleRecord {
  return { type: RecordType.Delete, txid: BigInt(txid), key: bytes(key), payload: bytes("") };
}

/** The frames of these records, end to end: a segment's content. */
export function frames(...records: SampleRecord[]): Uint8Array {
  return concat(...records.map((record) => encodeRecord(record)));
}

/** The frames of a group, its head first, which has `txid`. */
export function groupFrames(txid: number | bigint, ...records: SampleRecord[]): Uint8Array[] {
  const encoded = records.map((record, index) => {
    return encodeRecord({ ...record, txid: BigInt(txid) + 2n * BigInt(index + 1) });
  });
  const body = concat(...encoded);
  const group = concat(new Uint8Array(groupHeadWireSize(encoded.length)), body);
  encodeGroupHeadInto(BigInt(txid), group, 0, encoded.length, body.length, crc32c);
  return [group.subarray(0, group.length - body.length), ...encoded];
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** A copy with other bytes at `offset`. */
export function patched(original: Uint8Array, offset: number, ...values: number[]): Uint8Array {
  const copy = original.slice();
  copy.set(values, offset);
  return copy;
}

/** A copy with one bit turned over. */
export function flipped(original: Uint8Array, bit: number): Uint8Array {
  return patched(original, bit >> 3, original[bit >> 3]! ^ (1 << (bit & 7)));
}

export function sameRecord(a: SampleRecord, b: SampleRecord): boolean {
  return a.txid === b.txid && a.type === b.type && sameBytes(a.key, b.key) && sameBytes(a.payload, b.payload);
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function bytes(value: string | Uint8Array): Uint8Array {
  return typeof value === "string" ? new TextEncoder().encode(value) : value;
}
