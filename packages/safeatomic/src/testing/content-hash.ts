/**
 * A number of 53 bits that tells contents apart. Not for enemies: two contents of one test run are equal with a chance
 * of about one in 10^16 where they differ.
 */
export function hashBytes(bytes: Uint8Array, seed = 0): number {
  let low = 0x9e3779b9 ^ bytes.length ^ seed;
  let high = 0x85ebca6b ^ Math.imul(seed, 0xc2b2ae35);
  const words = bytes.byteOffset % 4 === 0 ? bytes.length >>> 2 : 0;
  if (words > 0) {
    for (const word of new Int32Array(bytes.buffer, bytes.byteOffset, words)) {
      low = Math.imul(low ^ word, 0x5bd1e995);
      low ^= low >>> 15;
      high = Math.imul(high + word, 0x1b873593) ^ (high >>> 13);
    }
  }
  for (let index = words << 2; index < bytes.length; index++) {
    low = Math.imul(low ^ bytes[index]!, 0x5bd1e995);
    low ^= low >>> 15;
    high = Math.imul(high + bytes[index]!, 0x1b873593) ^ (high >>> 13);
  }
  return mixHashes(low, high);
}

/** Of a text. */
export function hashText(text: string, seed = 0): number {
  let low = 0x9e3779b9 ^ seed;
  let high = 0x85ebca6b ^ text.length;
  for (let index = 0; index < text.length; index++) {
    low = Math.imul(low ^ text.charCodeAt(index), 0x5bd1e995);
    low ^= low >>> 15;
    high = Math.imul(high + text.charCodeAt(index), 0x1b873593) ^ (high >>> 13);
  }
  return mixHashes(low, high);
}

/** One number of 53 bits from two whole numbers; their order counts. */
export function mixHashes(first: number, second: number): number {
  let low = (first | 0) ^ Math.imul((first / 2 ** 32) | 0, 0x27d4eb2f);
  let high = (second | 0) ^ Math.imul((second / 2 ** 32) | 0, 0x165667b1);
  low = Math.imul(low ^ (high >>> 16) ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b);
  high = Math.imul(high ^ (low >>> 13) ^ low, 0xc2b2ae35);
  low ^= low >>> 16;
  high ^= high >>> 15;
  return (low >>> 0) * 2 ** 21 + (high >>> 11);
}
