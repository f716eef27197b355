import { CRC_LEN, crc32c, encodeHeaderInto, HEADER_LEN, MAX_KEY_LEN, RecordType } from "@datawal/format";
import { type DamageFamily, storeFamily } from "./damage-family.js";
import { smallStore } from "./two-bits.js";

const SEGMENT = "00000001.dwal";
const KEY_LEN_OFFSET = 16;

/** A frame behind the last record whose key is longer than the format allows, its CRC being right: it is no record. */
export function forgedLength(): DamageFamily {
  const base = smallStore("active");
  const forged = frameWithKeyOf(MAX_KEY_LEN + 1, BigInt(base.records.length + 1));
  return storeFamily(base, {
    name: "forged-length",
    count: 1,
    describe: () => `a frame with a key of ${MAX_KEY_LEN + 1} bytes and a good CRC, behind the last record`,
    damaged: () => ({ [SEGMENT]: new Uint8Array(Buffer.concat([base.files[SEGMENT]!, forged])) }),
  });
}

function frameWithKeyOf(keyLen: number, txid: bigint): Uint8Array {
  const frame = new Uint8Array(HEADER_LEN + keyLen + CRC_LEN);
  const view = new DataView(frame.buffer);
  encodeHeaderInto({ type: RecordType.Put, txid, keyLen: 0, payloadLen: 0 }, frame, 0);
  view.setUint32(KEY_LEN_OFFSET, keyLen, true);
  view.setUint32(HEADER_LEN + keyLen, crc32c(frame.subarray(0, -CRC_LEN)), true);
  return frame;
}
