/** Hashes the bytes [start, end) to 32 bits, as a signed integer: V8 allocates for a larger one. */
export type KeyHash = (bytes: Uint8Array, start: number, end: number) => number;

/**
 * HalfSipHash-1-3, the hash of Linux's tables on 32-bit machines: who does not know its 64-bit key cannot craft keys
 * that collide. For a seeded Murmur hash some do under every seed.
 *
 * @param key0 The key's first four bytes, `key1` the other four.
 */
export function sipHash(key0: number, key1: number): KeyHash {
  return (bytes, start, end) => {
    // `| 0` tells V8 that these are integers from the start: without it a hash takes twice the time.
    let v0 = key0 | 0;
    let v1 = key1 | 0;
    let v2 = key0 ^ 0x6c796765;
    let v3 = key1 ^ 0x74656462;
    const wordsEnd = start + ((end - start) & ~3);
    for (let offset = start; offset < wordsEnd; offset += 4) {
      const word =
        bytes[offset]! | (bytes[offset + 1]! << 8) | (bytes[offset + 2]! << 16) | (bytes[offset + 3]! << 24);
      v3 ^= word;
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
      v0 ^= word;
    }
    // The same round four times more: for the word that holds the rest and the length, and three to finish.
    let word = lastWord(bytes, wordsEnd, end, end - start);
    for (let round = 0; round < 4; round++) {
      v3 ^= word;
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
      v0 ^= word;
      if (round === 0) v2 ^= 0xff;
      word = 0;
    }
    return v1 ^ v3;
  };
}

/** The bytes [offset, end), three at most, and the lowest byte of the key's length. */
function lastWord(bytes: Uint8Array, offset: number, end: number, keyLen: number): number {
  let word = keyLen << 24;
  for (let index = offset; index < end; index++) word |= bytes[index]! << (8 * (index - offset));
  return word;
}

/** The two halves of a key of {@link sipHash}. */
export type HashSecret = readonly [key0: number, key1: number];

/** A key of its own for each table, so that nobody knows what collides in it. */
export function randomSecret(): HashSecret {
  // Loaded when a table needs it: no command's start waits for it, and there need be no Web Crypto.
  const secret = process.getBuiltinModule("node:crypto").randomBytes(8);
  return [secret.readInt32LE(0), secret.readInt32LE(4)];
}
