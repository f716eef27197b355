import fc from "fast-check";
import { expect, test } from "vitest";
import { LineSplitter } from "../../src/jsonl/line-splitter.js";

function split(chunks: readonly Uint8Array[], lineBytesMax = 100): (string | undefined)[] {
  const splitter = new LineSplitter(lineBytesMax);
  return [...chunks.flatMap((chunk) => [...splitter.push(chunk)]), ...splitter.end()];
}

const text = (value: string) => new TextEncoder().encode(value);

test("however a text is cut into chunks, its lines are the same", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("a", "bc", "\n", "\r\n")), fc.array(fc.nat(3)), (parts, cuts) => {
      const whole = text(parts.join(""));
      const chunks: Uint8Array[] = [];
      let start = 0;
      for (const cut of cuts) {
        chunks.push(whole.subarray(start, start + cut));
        start += cut;
      }
      chunks.push(whole.subarray(start));
      const lines = parts.join("").split("\n");
      if (lines.at(-1) === "") lines.pop();
      expect(split(chunks)).toEqual(lines);
    }),
  );
});

test("a chunk's memory may be reused once it was pushed", () => {
  const splitter = new LineSplitter(10);
  const chunk = text("ab");
  expect([...splitter.push(chunk)]).toEqual([]);
  chunk.set(text("c\n"));
  expect([...splitter.push(chunk)]).toEqual(["abc"]);
});

test("a line at the limit is given, a longer one is not, and the next one is again", () => {
  expect(split([text("12345\n"), text("123"), text("456\n"), text("ok\n123456")], 5)).toEqual([
    "12345",
    undefined,
    "ok",
    undefined,
  ]);
});

test("a line without end is not gathered beyond the limit", () => {
  const splitter = new LineSplitter(1 << 20);
  const chunk = new Uint8Array(1 << 20).fill(0x61);
  const before = process.memoryUsage().arrayBuffers;
  for (let index = 0; index < 200; index++)
    for (const _ of splitter.push(chunk)) throw new Error("no line ends");
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 << 20);
  expect([...splitter.end()]).toEqual([undefined]);
});
