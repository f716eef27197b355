import { RecordType, recordWireSize } from "@datawal/format";
import { seededRandom } from "../../laboratory/seeded-random.js";
import type { WrittenRecord } from "./known-frames.js";

/** 64 KiB together. The last one is the active one. */
const SEGMENT_BYTES = [24_576, 24_576, 16_384];
const KEY_BYTES_MAX = 40;
const PAYLOAD_BYTES_MAX = 2048;
const NOTHING = new Uint8Array(0);
/** What a frame has beside key and payload. */
const FRAME_BYTES = recordWireSize(0, 0);

/** Records of three segments: Raw, Put and Delete, keys of 0 to 40 bytes, payloads of 0 to 2 KiB, keys again and again. */
export function mixedSegments(seed: number): WrittenRecord[][] {
  const random = new Random(seed);
  const keys = Array.from({ length: 12 }, (_, index) =>
    random.bytes([0, KEY_BYTES_MAX][index] ?? random.below(KEY_BYTES_MAX + 1)),
  );
  let txid = 0n;
  return SEGMENT_BYTES.map((byteCount) => {
    const segment: WrittenRecord[] = [];
    let bytesLeft = byteCount;
    while (bytesLeft > FRAME_BYTES + PAYLOAD_BYTES_MAX) {
      const key = keys[random.below(keys.length)]!;
      const record = mixedRecord(random, ++txid, key, bytesLeft - 2 * FRAME_BYTES - key.length);
      segment.push(record);
      bytesLeft -= recordWireSize(record.key.length, record.payload.length);
    }
    const payload = random.bytes(bytesLeft - FRAME_BYTES);
    segment.push({ type: RecordType.Raw, txid: ++txid, key: NOTHING, payload });
    return segment;
  });
}

function mixedRecord(random: Random, txid: bigint, key: Uint8Array, payloadBytesMax: number): WrittenRecord {
  const byteCount = random.below(random.below(6) === 0 ? 30 : PAYLOAD_BYTES_MAX + 1);
  const payload = random.bytes(Math.min(byteCount, payloadBytesMax));
  const kind = random.below(6);
  if (kind === 0) return { type: RecordType.Raw, txid, key: NOTHING, payload };
  if (kind === 1) return { type: RecordType.Delete, txid, key, payload: NOTHING };
  return { type: RecordType.Put, txid, key, payload };
}

class Random {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = seededRandom(seed);
  }

  /** A whole number from 0 to `count` - 1. */
  below(count: number): number {
    return Math.floor(this.#next() * count);
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.below(256));
  }
}
