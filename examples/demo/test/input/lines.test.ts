import { expect, test } from "vitest";
import { linesOf } from "../../src/input/lines.js";
import { temporaryFile } from "../kit/temporary.js";

async function lines(content: string | Uint8Array): Promise<string[]> {
  const found: string[] = [];
  for await (const line of linesOf(temporaryFile(content))) found.push(Buffer.from(line).toString("latin1"));
  return found;
}

const long = "x".repeat((1 << 20) - 1);

test.each([
  ["an empty file", "", []],
  ["one LF", "\n", [""]],
  ["a line without LF", "a", ["a"]],
  ["lines", "a\n\nb\r\n", ["a", "", "b\r"]],
  ["bytes that are no text", Uint8Array.of(0xff, 0x0a, 0x00), ["\xff", "\x00"]],
  ["lines as long as a chunk, and longer", `${long}\n${long}${long}\nend`, [long, long + long, "end"]],
])("%s is read as it is", async (_, content, expected) => {
  expect(await lines(content)).toEqual(expected);
});
