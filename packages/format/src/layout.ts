// A frame. All integers are little-endian; docs/format.md tells it in prose.
//
//   offset  0        4         6      7       8       16       20           24
//           +--------+---------+------+-------+-------+--------+------------+-----+---------+---------+
//           | "DWAL" | version | type | flags | txid  | keyLen | payloadLen | key | payload | CRC-32C |
//           +--------+---------+------+-------+-------+--------+------------+-----+---------+---------+
//   bytes     4        2         1      1       8       4        4            ...   ...       4
//
// The CRC is that of all bytes before it.

/** The four bytes every frame begins with: ASCII `DWAL`. */
export const MAGIC: Uint8Array = /* @__PURE__ */ Uint8Array.of(0x44, 0x57, 0x41, 0x4c);
/** {@link MAGIC} read as a u32: what the codec compares, because nobody can write to a number. */
export const MAGIC_UINT32 = 0x4c415744;

/** The wire version that this build writes, and the only one it reads. */
export const WIRE_VERSION = 1;
/** Bytes of a frame before its key. */
export const HEADER_LEN = 24;
/** Bytes of the CRC-32C that ends a frame. */
export const CRC_LEN = 4;
/** Longest key in bytes, inclusive (64 KiB). */
export const MAX_KEY_LEN = 65_536;
/** Longest payload in bytes, inclusive (64 MiB). */
export const MAX_PAYLOAD_LEN = 67_108_864;

export const MAGIC_OFFSET = 0;
export const VERSION_OFFSET = 4;
export const TYPE_OFFSET = 6;
export const FLAGS_OFFSET = 7;
export const TXID_OFFSET = 8;
export const KEY_LEN_OFFSET = 16;
export const PAYLOAD_LEN_OFFSET = 20;

/**
 * Returns the length of a whole frame in bytes.
 *
 * @param keyLen bytes of the key, 0 to {@link MAX_KEY_LEN}; not checked.
 * @param payloadLen bytes of the payload, 0 to {@link MAX_PAYLOAD_LEN}; not checked.
 */
export function recordWireSize(keyLen: number, payloadLen: number): number {
  return HEADER_LEN + keyLen + payloadLen + CRC_LEN;
}
