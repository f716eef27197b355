import { RecordType } from "@datawal/format";
import type { WrittenRecord } from "./known-frames.js";

export function put(txid: number, key: string, value: string | Uint8Array): WrittenRecord {
  return { type: RecordType.Put, txid: BigInt(txid), key: Buffer.from(key), payload: Buffer.from(value) };
}

export function raw(txid: number, payload: string | Uint8Array): WrittenRecord {
  return { type: RecordType.Raw, txid: BigInt(txid), key: new Uint8Array(0), payload: Buffer.from(payload) };
}
