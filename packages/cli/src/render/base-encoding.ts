import type { ByteBuffer } from "../output/byte-buffer.js";

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const HEX = "0123456789abcdef";
const PADDING = 0x3d;

/** The two characters of each 12 bits, the first in the high byte. */
const BASE64_PAIRS = Uint16Array.from({ length: 4096 }, (_, bits) => {
  return (BASE64.charCodeAt(bits >> 6) << 8) | BASE64.charCodeAt(bits & 63);
});

/** Writes the first `length` bytes of a source in base64: standard alphabet, with padding. */
export function writeBase64(buffer: ByteBuffer, source: Uint8Array, length = source.length): void {
  buffer.reserve(4 * Math.ceil(length / 3));
  const { view } = buffer;
  const pairs = BASE64_PAIRS;
  const sourceView = viewOf(source);
  const start = source.byteOffset;
  let at = buffer.length;
  let i = 0;
  // A word of four bytes is read for its first three; signed, since V8 is quicker with these.
  for (; i + 4 <= length; i += 3, at += 4) {
    const bits = sourceView.getInt32(start + i);
    view.setInt32(at, (pairs[bits >>> 20]! << 16) | pairs[(bits >>> 8) & 4095]!);
  }
  for (; i < length; i += 3, at += 4) writeGroup(view, at, source, i, length);
  buffer.length = at;
}

/** One, two or three bytes are two, three or four characters, and padding. */
function writeGroup(view: DataView, at: number, source: Uint8Array, start: number, end: number): void {
  const byteAt = (index: number) => (index < end ? source[index]! : 0);
  const bits = (byteAt(start) << 16) | (byteAt(start + 1) << 8) | byteAt(start + 2);
  view.setUint16(at, BASE64_PAIRS[bits >> 12]!);
  view.setUint16(at + 2, BASE64_PAIRS[bits & 4095]!);
  for (let missing = start + 3 - end; missing > 0; missing--) view.setUint8(at + 4 - missing, PADDING);
}

/** To make a view costs as much as it saves: records of one piece of a log lie in one memory. */
let lastView: DataView = new DataView(new ArrayBuffer(0));
function viewOf({ buffer }: Uint8Array): DataView {
  if (lastView.buffer !== buffer) lastView = new DataView(buffer);
  return lastView;
}

/** As {@link writeBase64}, in hexadecimal, in small letters. */
export function writeHex(buffer: ByteBuffer, source: Uint8Array, length = source.length): void {
  buffer.reserve(2 * length);
  for (let i = 0; i < length; i++) {
    const byte = source[i]!;
    buffer.bytes[buffer.length++] = HEX.charCodeAt(byte >> 4);
    buffer.bytes[buffer.length++] = HEX.charCodeAt(byte & 15);
  }
}
