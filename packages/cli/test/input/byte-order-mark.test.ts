import { expect, test } from "vitest";
import { withoutByteOrderMark } from "../../src/input/byte-order-mark.js";

async function without(...chunks: string[]): Promise<string> {
  const left: Uint8Array[] = [];
  const bytes = chunks.map((chunk) => Buffer.from(chunk, "latin1"));
  for await (const chunk of withoutByteOrderMark(bytes)) left.push(chunk);
  return Buffer.concat(left).toString("latin1");
}

test.each([
  [["\xef\xbb\xbfa"], "a"],
  [["\xef", "", "\xbb", "\xbf", "a"], "a"],
  [["\xef\xbb"], "\xef\xbb"],
  [["\xef\xbba"], "\xef\xbba"],
  [["a\xef\xbb\xbf"], "a\xef\xbb\xbf"],
  [[], ""],
])("of %j is left %j", async (chunks, left) => {
  expect(await without(...chunks)).toBe(left);
});
