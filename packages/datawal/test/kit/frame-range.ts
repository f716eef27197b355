import { encodeRecord, RecordType } from "@datawal/format";

/** Frames of such records without values, one behind the other, as they lie in memory before they are written. */
export function frameRange(records: readonly (readonly [type: RecordType, key: Uint8Array])[]) {
  const frames = records.map(([type, key]) => encodeRecord({ type, key, txid: 1n }));
  const bytes = new Uint8Array(Buffer.concat([new Uint8Array(3), ...frames, new Uint8Array(3)]));
  return { bytes, start: 3, count: frames.length };
}

export function putsOf(keys: readonly Uint8Array[]) {
  return frameRange(keys.map((key) => [RecordType.Put, key]));
}
