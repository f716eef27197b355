import { expect, test } from "vitest";
import { ByteBuffer, literal } from "../../src/output/byte-buffer.js";

function gathered({ bytes, length }: ByteBuffer): string {
  return bytes.toString("utf8", 0, length);
}

test("literals of every length stand one behind the other", () => {
  const buffer = new ByteBuffer();
  const texts = Array.from({ length: 13 }, (_, length) => "abcdefghijklm".slice(0, length));
  for (const text of texts) buffer.literal(literal(text));
  expect(gathered(buffer)).toBe(texts.join(""));
});

test("texts short and long, and bytes, stand one behind the other while the memory grows", () => {
  const buffer = new ByteBuffer();
  const parts = ["ä", "€".repeat(10_000), "\u{1f600}", "x".repeat(200_000), "", "\ud800"];
  for (const part of parts) {
    buffer.text(part);
    buffer.copy(Uint8Array.of(0x2e));
  }
  expect(gathered(buffer)).toBe(parts.map((part) => `${part.replace("\ud800", "\ufffd")}.`).join(""));
});

test("room that was made is enough for the bytes it was made for", () => {
  const buffer = new ByteBuffer();
  for (const byteCount of [1, 65_536, 1_000_000]) {
    buffer.reserve(byteCount);
    expect(buffer.bytes.length - buffer.length).toBeGreaterThanOrEqual(byteCount);
    expect(buffer.view.byteLength).toBe(buffer.bytes.length);
    buffer.length += byteCount;
  }
});
