/** What a decoder is to answer, as plainly as it can be said. */
export type ModelOutcome =
  | { readonly kind: "record"; readonly end: number }
  | { readonly kind: "truncated"; readonly available: number; readonly needed: number }
  | {
      readonly kind: "crc-mismatch";
      readonly end: number;
      readonly stored: number;
      readonly computed: number;
    }
  | { readonly kind: "invalid"; readonly reason: string; readonly found: number };

/**
 * The checks of a frame in the order of docs/format.md, the first that fails decides: written down a second time, without
 * anything of @datawal/format.
 */
export function modelOutcome(bytes: Uint8Array, offset: number): ModelOutcome {
  const available = Math.max(0, bytes.length - offset);
  if (available < 24) return { kind: "truncated", available, needed: 24 };
  const number = (at: number, width: number) =>
    Array.from({ length: width }, (_, index) => bytes[offset + at + index]! * 2 ** (8 * index)).reduce(
      (sum, part) => sum + part,
    );
  const [magic, version, type, flags] = [number(0, 4), number(4, 2), number(6, 1), number(7, 1)];
  const [keyLen, payloadLen] = [number(16, 4), number(20, 4)];
  const faults: readonly [reason: string, found: number, isFault: boolean][] = [
    ["bad-magic", magic, magic !== 0x4c41_5744],
    ["unknown-version", version, version !== 1],
    ["unknown-record-type", type, type > 2],
    ["reserved-flags", flags, flags !== 0],
    ["key-too-large", keyLen, keyLen > 65_536],
    ["payload-too-large", payloadLen, payloadLen > 67_108_864],
  ];
  const fault = faults.find(([, , isFault]) => isFault);
  if (fault) return { kind: "invalid", reason: fault[0], found: fault[1] };
  const needed = 28 + keyLen + payloadLen;
  if (available < needed) return { kind: "truncated", available, needed };
  const end = offset + needed;
  const stored = number(needed - 4, 4);
  const computed = modelCrc(bytes.subarray(offset, end - 4));
  return stored === computed ? { kind: "record", end } : { kind: "crc-mismatch", end, stored, computed };
}

/** CRC-32C bit by bit: slow, and nothing to get wrong. */
function modelCrc(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f6_3b78 : 0);
  }
  return ~crc >>> 0;
}
