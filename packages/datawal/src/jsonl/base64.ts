import { TextEncoder } from "node:util";

const ALPHABET = new TextEncoder().encode("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
const PADDING = 0x3d;

/** Bytes of base64 for so many bytes. */
export function base64Len(byteCount: number): number {
  return 4 * Math.ceil(byteCount / 3);
}

/**
 * Writes the bytes [start, end) in base64, the standard alphabet with padding. Node has no call that writes base64 into
 * memory; by way of strings an export of small values takes a fourth longer.
 *
 * @returns Where it ends in `target`.
 */
export function writeBase64(
  target: Uint8Array,
  offset: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  const codes = ALPHABET;
  const wholeEnd = end - ((end - start) % 3);
  let at = offset;
  for (let index = start; index < wholeEnd; index += 3) {
    const group = (bytes[index]! << 16) | (bytes[index + 1]! << 8) | bytes[index + 2]!;
    target[at] = codes[group >>> 18]!;
    target[at + 1] = codes[(group >>> 12) & 63]!;
    target[at + 2] = codes[(group >>> 6) & 63]!;
    target[at + 3] = codes[group & 63]!;
    at += 4;
  }
  if (wholeEnd === end) return at;
  const hasTwo = wholeEnd + 1 < end;
  const group = (bytes[wholeEnd]! << 16) | (hasTwo ? bytes[wholeEnd + 1]! << 8 : 0);
  target[at] = codes[group >>> 18]!;
  target[at + 1] = codes[(group >>> 12) & 63]!;
  target[at + 2] = hasTwo ? codes[(group >>> 6) & 63]! : PADDING;
  target[at + 3] = PADDING;
  return at + 4;
}
