import fc from "fast-check";
import { expect, test } from "vitest";
import { LineReader } from "../../src/input/lines.js";

function read(chunks: readonly string[], lineBytesMax = 100) {
  const reader = new LineReader(lineBytesMax);
  const lines = chunks.flatMap((chunk) => [...reader.push(Buffer.from(chunk))]);
  return { reader, lines: [...lines, ...reader.end()].map(String) };
}

test("lines come without their LF, the last one need not end, and a CR stays", () => {
  expect(read(["a\n\nb\r\nc"]).lines).toEqual(["a", "", "b\r", "c"]);
  expect(read(["a\n"]).lines).toEqual(["a"]);
  expect(read([]).lines).toEqual([]);
});

test("however the bytes are cut into chunks, the lines are the same", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom("a", "\n") }), { maxLength: 8 }), (chunks) => {
      const { reader, lines } = read(chunks);
      const whole = chunks.join("").split("\n");
      if (whole.at(-1) === "") whole.pop();
      expect(lines).toEqual(whole);
      expect(reader.count).toBe(whole.length);
    }),
  );
});

test("a line that is too long ends it, in one chunk or in many", () => {
  for (const chunks of [["ok\n12345\nnever"], ["ok\n123", "45"]]) {
    const reader = new LineReader(4);
    const lines = chunks.flatMap((chunk) => [...reader.push(Buffer.from(chunk))]);
    expect(lines.map(String)).toEqual(["ok"]);
    expect([reader.isTooLong, reader.count]).toEqual([true, 1]);
  }
});
