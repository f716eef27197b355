// Byte by byte, and not through a DataView: a view would be one allocation for each frame read.
// No function checks bounds; the caller has.

export function readUint16(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}

export function readUint32(bytes: Uint8Array, at: number): number {
  return readInt32(bytes, at) >>> 0;
}

/** For numbers of which half are above 2^31: unsigned, each of those is an allocation where this is not inlined. */
export function readInt32(bytes: Uint8Array, at: number): number {
  return readUint16(bytes, at) | (readUint16(bytes, at + 2) << 16);
}

export function writeUint16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
}

export function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  writeUint16(bytes, at, value);
  writeUint16(bytes, at + 2, value >>> 16);
}
