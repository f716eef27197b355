import { MAX_PAYLOAD_LEN } from "@datawal/format";
import { expect, test } from "vitest";
import { linesOf } from "../../src/input/lines.js";
import { temporaryFile } from "../fixture/temporary.js";

async function lines(content: string | Uint8Array): Promise<string[]> {
  const found: string[] = [];
  for await (const line of linesOf(temporaryFile(content))) found.push(Buffer.from(line).toString("latin1"));
  return found;
}

test.each([
  ["", []],
  ["\n", [""]],
  ["a", ["a"]],
  ["a\n", ["a"]],
  ["a\n\nb", ["a", "", "b"]],
  ["dos\r\n", ["dos\r"]],
])("of %j the lines are %j", async (content, expected) => {
  expect(await lines(content)).toEqual(expected);
});

test("bytes that are no text are kept as they are", async () => {
  expect(await lines(Uint8Array.of(0xff, 0x0a, 0x00))).toEqual(["\xff", "\x00"]);
});

test("a line may be longer than a chunk, and end where one ends", async () => {
  const long = "x".repeat((1 << 20) - 1);
  expect(await lines(`${long}\n${long}${long}\nend`)).toEqual([long, long + long, "end"]);
});

test("a line longer than a record can be is refused, with its number", async () => {
  const content = Buffer.alloc(MAX_PAYLOAD_LEN + 3, "x");
  content[1] = 0x0a;
  await expect(lines(content)).rejects.toThrow("line 2 is longer than 64 MiB");
  expect((await lines(content.subarray(0, -1))).map((line) => line.length)).toEqual([1, MAX_PAYLOAD_LEN]);
});
