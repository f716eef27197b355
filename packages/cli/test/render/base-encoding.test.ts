import { expect, test } from "vitest";
import { ByteBuffer } from "../../src/output/byte-buffer.js";
import { writeBase64, writeHex } from "../../src/render/base-encoding.js";

function written(write: (buffer: ByteBuffer, source: Uint8Array) => void, source: Uint8Array): string {
  const buffer = new ByteBuffer();
  write(buffer, source);
  return buffer.bytes.toString("latin1", 0, buffer.length);
}

test("bytes of every value and of every length up to 600 are encoded as Node encodes them", () => {
  // A view that does not begin where its memory does.
  const bytes = Uint8Array.from({ length: 700 }, (_, i) => (i * 167 + (i >> 8)) & 0xff).subarray(5);
  for (let length = 0; length <= 600; length++) {
    const source = bytes.subarray(length % 7, (length % 7) + length);
    expect(written(writeBase64, source)).toBe(Buffer.from(source).toString("base64"));
    expect(written(writeHex, source)).toBe(Buffer.from(source).toString("hex"));
    const first = (buffer: ByteBuffer) => writeBase64(buffer, bytes, length);
    expect(written(first, bytes)).toBe(Buffer.from(bytes.subarray(0, length)).toString("base64"));
  }
});
